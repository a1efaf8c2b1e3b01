import { runService, startLmtpService } from "@poplar/assembly";

await runService({ app: "lmtp", argv: process.argv.slice(2), env: process.env }, startLmtpService);
