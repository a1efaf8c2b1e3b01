import { runService, startApiService } from "@poplar/assembly";

/** Built beside this app: `npm run build`. */
const consoleFolder = new URL("../../console/dist/page/", import.meta.url);

await runService({ app: "api", argv: process.argv.slice(2), env: process.env }, async (parts) =>
  startApiService(parts, consoleFolder),
);
