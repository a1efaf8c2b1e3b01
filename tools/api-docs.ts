/** Keeps docs/operating/api.md equal with the routes of the API: `node tools/api-docs.ts [--write]`. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { apiReference } from "../packages/http/src/index.ts";
import { keepGenerated } from "./generated-file.ts";
import { root } from "./repository.ts";

const { values } = parseArgs({ options: { write: { type: "boolean", default: false } } });
keepGenerated(join(root, "docs/operating/api.md"), apiReference(), values.write);
