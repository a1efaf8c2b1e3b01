import { runService, startPopService } from "@poplar/assembly";

await runService({ app: "pop3", argv: process.argv.slice(2), env: process.env }, (parts) =>
  startPopService(parts, {
    name: "pop3",
    host: parts.config.host,
    port: parts.config.pop3Port,
    tls: "starttls",
  }),
);
