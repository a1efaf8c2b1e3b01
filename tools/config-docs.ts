/** Keeps docs/operating/configuration.md equal with the schema: `node tools/config-docs.ts [--write]`. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { configReference } from "../packages/config/src/index.ts";
import { keepGenerated } from "./generated-file.ts";
import { root } from "./repository.ts";

const { values } = parseArgs({ options: { write: { type: "boolean", default: false } } });
keepGenerated(join(root, "docs/operating/configuration.md"), configReference(), values.write);
