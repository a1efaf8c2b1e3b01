import { runService, startApiService } from "@poplar/assembly";

await runService({ app: "api", argv: process.argv.slice(2), env: process.env }, startApiService);
