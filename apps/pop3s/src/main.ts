import { runService, startPopService } from "@poplar/assembly";

await runService({ app: "pop3s", argv: process.argv.slice(2), env: process.env }, (parts) =>
  startPopService(parts, {
    name: "pop3s",
    host: parts.config.host,
    port: parts.config.pop3sPort,
    tls: "implicit",
  }),
);
