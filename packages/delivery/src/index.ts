export {
  type AcceptedRecipient,
  Deliverer,
  type DelivererOptions,
  type RefusedRecipient,
} from "./deliverer.ts";
export { ListenError } from "./listen-error.ts";
export type { LmtpLimits } from "./lmtp-listener.ts";
export { isRefusal, type Refusal } from "./refusal.ts";
export { type LmtpOptions, type LmtpServer, serveLmtp } from "./serve-lmtp.ts";
export { openSpool, type Spool, type SpoolOptions } from "./spool.ts";
export type { Origin } from "./trace-header.ts";
