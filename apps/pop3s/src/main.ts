import { runService, startPopService } from "@poplar/assembly";

await runService({ app: "pop3s", argv: process.argv.slice(2), env: process.env }, (parts) =>
  startPopService(parts, ({ config: { host, pop3sPort } }) => [
    { name: "pop3s", host, port: pop3sPort, tls: "implicit" },
  ]),
);
