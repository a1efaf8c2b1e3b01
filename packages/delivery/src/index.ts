export { Deliverer } from "./deliverer.ts";
export { type LmtpServer, serveLmtp } from "./serve-lmtp.ts";
export { openSpool } from "./spool.ts";
