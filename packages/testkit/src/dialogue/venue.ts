import type { Fixture } from "./fixture.ts";

/** A client's end of one connection. */
export interface Peer {
  /** Sends octets, together as far as the transport allows. */
  send(octets: Uint8Array): Promise<void>;
  /** The next octets from the server, or `undefined` once it has closed the connection. */
  receive(): Promise<Uint8Array | undefined>;
  /** Makes the TLS handshake, after the reply to STLS. RFC 2595 §4. */
  startTls(): Promise<void>;
  /** Says that no more will come, as a client does that goes away without QUIT. */
  close(): Promise<void>;
  /** Goes away at once, with a TCP reset where there is TCP. */
  reset(): Promise<void>;
}

/** A server with a fixture set up. Disposing of it ends what it holds, connections too. */
export interface Stage extends AsyncDisposable {
  connect(): Promise<Peer>;
}

/** A way to play dialogues. */
export interface Venue {
  /** Stands in the names of the tests: "pure", "TLS". */
  readonly name: string;
  /** Connections begin with TLS. */
  readonly isTls: boolean;
  /** The `failures` of a fixture can be made to happen here. */
  readonly canFail: boolean;
  setUp(fixture: Fixture): Promise<Stage>;
}
