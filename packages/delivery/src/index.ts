export { Deliverer, type DelivererOptions } from "./deliverer.ts";
export { type LmtpOptions, type LmtpServer, serveLmtp } from "./serve-lmtp.ts";
export { openSpool, type SpoolOptions } from "./spool.ts";
