/** Where LMTP is spoken. */
export type LmtpEndpoint =
  /** Port 0 takes a free one. */
  | { readonly host: string; readonly port: number }
  /** A Unix socket, 0o660 unless `mode` is given. What a server that was killed left there is replaced. */
  | { readonly path: string; readonly mode?: number };

/** As it stands in logs: `host:port`, or the path. */
export const addressOf = (endpoint: LmtpEndpoint): string =>
  "path" in endpoint ? endpoint.path : `${endpoint.host}:${endpoint.port}`;
