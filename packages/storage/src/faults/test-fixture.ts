import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";

/**
 * What becomes of a chunk on its way: sent on, withheld, or the connection is cut after so many of its
 * octets.
 */
export type Fate = "pass" | "withhold" | { readonly cutAfterOctets: number };

/** A link to Postgres that can be made to fail. For tests. */
export class PostgresProxy {
  /** Decides about what goes to Postgres. */
  toPostgres: (chunk: Buffer) => Fate = () => "pass";
  /** Decides about what comes from Postgres. */
  fromPostgres: (chunk: Buffer) => Fate = () => "pass";
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #port: number;

  private constructor(server: Server, upstream: URL) {
    this.#server = server;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on TCP
    this.#port = (server.address() as AddressInfo).port;
    const url = new URL(upstream.href);
    url.search = "";
    url.host = `127.0.0.1:${this.#port}`;
    this.url = url.href;
    const folder = upstream.searchParams.get("host");
    server.on("connection", (client: Socket) => {
      const postgres =
        folder === null
          ? connect(Number(upstream.port || 5432), upstream.hostname)
          : connect(join(folder, ".s.PGSQL.5432"));
      this.#join(client, postgres, (chunk) => this.toPostgres(chunk));
      this.#join(postgres, client, (chunk) => this.fromPostgres(chunk));
    });
  }

  static async start(upstream: string): Promise<PostgresProxy> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new PostgresProxy(server, new URL(upstream));
  }

  /** Refuses connections and cuts those there are. */
  async goDown(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cut();
    await closed;
  }

  async comeBack(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(from: Socket, to: Socket, decide: (chunk: Buffer) => Fate): void {
    this.#sockets.add(from);
    from.on("error", () => {});
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    from.on("data", (chunk: Buffer) => {
      const fate = decide(chunk);
      if (fate === "withhold") return;
      if (fate === "pass") {
        to.write(chunk);
        return;
      }
      to.end(chunk.subarray(0, fate.cutAfterOctets));
      from.destroy();
    });
  }
}
