import { kpopListeners, runService, startPopService } from "@poplar/assembly";

await runService({ app: "kpop", argv: process.argv.slice(2), env: process.env }, (parts) =>
  startPopService(parts, kpopListeners),
);
