import { runService, startPopService } from "@poplar/assembly";

await runService({ app: "pop3", argv: process.argv.slice(2), env: process.env }, (parts) =>
  startPopService(parts, ({ config: { host, pop3Port } }) => [
    { name: "pop3", host, port: pop3Port, tls: "starttls" },
  ]),
);
