export type { CertificateFiles } from "./certificate.ts";
export { CertificateError } from "./certificate.ts";
export type { CertificateStore } from "./certificate-store.ts";
export { openCertificateStore } from "./certificate-store.ts";
export type { Clock } from "./clock.ts";
export type { ServerLimits } from "./limits.ts";
export type { PopServer, PopServerOptions } from "./pop-server.ts";
export { servePop } from "./pop-server.ts";
export type { PopListener } from "./pop-service.ts";
