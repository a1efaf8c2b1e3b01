import { earlierListeners, runService, startPopService } from "@poplar/assembly";

await runService({ app: "pop3", argv: process.argv.slice(2), env: process.env }, (parts) =>
  startPopService(parts, ({ config }) => [
    { name: "pop3", host: config.host, port: config.pop3Port, tls: "starttls" },
    ...earlierListeners(config),
  ]),
);
