import { deepStrictEqual, doesNotMatch, match, ok, strictEqual } from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { json } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { Standalone } from "../fixtures/standalone.ts";

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
}
interface Export {
  readonly resourceSpans: readonly {
    readonly resource: object;
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

const isExport = (body: unknown): body is Export =>
  typeof body === "object" && body !== null && "resourceSpans" in body;

interface Collector {
  readonly url: string;
  readonly exports: readonly Export[];
  readonly spans: () => readonly Span[];
}

/** A collector of OTLP over HTTP, as small as one can be. */
async function startCollector(t: TestContext): Promise<Collector> {
  const exports: Export[] = [];
  const server: Server = createServer((request, response) => {
    void json(request).then((body) => {
      ok(request.method === "POST" && isExport(body));
      exports.push(body);
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const address = server.address();
  ok(typeof address === "object" && address !== null);
  return {
    url: `http://127.0.0.1:${address.port}/v1/traces`,
    exports,
    spans: () =>
      exports.flatMap(({ resourceSpans }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      ),
  };
}

/** One delivery and one session that collects and deletes it. */
async function collectOne(server: Standalone): Promise<void> {
  const login = await server.addLogin("alice");
  await server.deliver(Buffer.from("Subject: one\r\n\r\nOne.\r\n"), login);
  using client = await server.logIn(login);
  await client.ask("RETR 1");
  await client.lines();
  match(await client.ask("DELE 1"), /^\+OK/);
  match(await client.ask("QUIT"), /^\+OK/);
}

test("a collector receives the spans of a delivery and of a session from a running server", async (t) => {
  const collector = await startCollector(t);
  await using server = await Standalone.start({ flags: [`--tracing-endpoint=${collector.url}`] });
  await collectOne(server);
  // What is still buffered is sent when it stops.
  await server.process.stop();
  const spans = collector.spans();
  deepStrictEqual(
    new Set(spans.map(({ name }) => name)),
    new Set(["lmtp delivery", "pop session", "pop login", "pop message transfer", "pop update"]),
  );
  const session = spans.find(({ name }) => name === "pop session");
  for (const span of spans.filter(({ name }) => name.startsWith("pop ") && name !== "pop session")) {
    strictEqual(span.parentSpanId, session?.spanId);
    strictEqual(span.traceId, session?.traceId);
  }
  const sent = JSON.stringify(collector.exports);
  match(sent, /poplar-standalone/);
  doesNotMatch(sent, /alice/);
});

test("a collector that is not there costs no mail, and is complained of in the log", async () => {
  await using server = await Standalone.start({
    flags: ["--tracing-endpoint=http://127.0.0.1:1/v1/traces", "--log-format=json"],
  });
  await collectOne(server);
  await server.process.stop();
  match(server.process.output, /"event":"tracing-failed"/);
});
