export type { ApiFiles } from "./api-files.ts";
export { apiFiles } from "./api-files.ts";
export type { AppName } from "./app.ts";
export { appNames } from "./app.ts";
export type {
  CertificateFiles,
  ClientSetupSettings,
  Config,
  DefaultDomainRule,
  KerberosLayer,
  LeaseFailure,
  LogFormat,
  LoginSettings,
  LogLevel,
  MechanismRule,
  OAuthIssuerSettings,
  SettingName,
  Settings,
} from "./config.ts";
export type { ConfigProblem } from "./config-error.ts";
export { ConfigError } from "./config-error.ts";
export { configReference } from "./config-reference.ts";
export type { Environment } from "./environment.ts";
export { answerFlags, helpText } from "./help-text.ts";
export type { KerberosRule } from "./kerberos-rule.ts";
export { parseKerberosRule } from "./kerberos-rule.ts";
export type { PrintedSetting } from "./print-config.ts";
export { describeConfig, printConfig } from "./print-config.ts";
export type { ConfigRequest } from "./read-config.ts";
export { readConfig } from "./read-config.ts";
export type { RedisTarget } from "./redis-target.ts";
export { parseRedisTarget } from "./redis-target.ts";
