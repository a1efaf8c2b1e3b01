import { isIPv4, isIPv6, SocketAddress } from "node:net";
import { plainAddress } from "@poplar/maildrop";

/** The two ends of a connection, as a balancer has seen them. */
export interface ProxiedEnds {
  readonly client: string;
  /** The port that the client comes from. */
  readonly clientPort: number;
  /** Our own address that the client connected to: the balancer's. */
  readonly local: string;
}

/** What stands before the first octet of a client behind a balancer. */
export interface ProxyHeader {
  /** How long it was; the client's own octets follow. */
  readonly octets: number;
  /**
   * `undefined`: the balancer speaks for itself (health check), or does not know; then its own address
   * counts.
   */
  readonly ends: ProxiedEnds | undefined;
}

/** Longest header of version 1, CRLF included. PROXY protocol §2.1. */
export const V1_OCTETS_MAX = 107;
/**
 * Longest that we take of what a header of version 2 says after its 16 octets: addresses take 216, TLVs the
 * rest.
 */
export const V2_REST_OCTETS_MAX = 4096;

const V1_SIGNATURE: Uint8Array = Buffer.from("PROXY ", "latin1");
const V2_SIGNATURE: Uint8Array = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const V2_HEAD_OCTETS = 16;

/**
 * Reads the header of the PROXY protocol, version 1 (text) or 2 (binary), from the first octets of a
 * connection.
 *
 * Its TLVs are skipped. What they say about TLS is not believed: TLS that ends elsewhere is none of ours.
 *
 * @see https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
 */
export function parseProxyHeader(octets: Uint8Array): ProxyHeader | "incomplete" | "malformed" {
  if (beginsLike(octets, V2_SIGNATURE)) {
    return octets.length < V2_HEAD_OCTETS ? "incomplete" : parseV2(octets);
  }
  if (!beginsLike(octets, V1_SIGNATURE)) return "malformed";
  const line = Buffer.from(octets.subarray(0, V1_OCTETS_MAX)).toString("latin1");
  const end = line.indexOf("\r\n");
  if (end !== -1) return parseV1(line.slice(0, end));
  return line.length < V1_OCTETS_MAX ? "incomplete" : "malformed";
}

/** Are these octets a beginning of the signature, or the other way round? */
function beginsLike(octets: Uint8Array, signature: Uint8Array): boolean {
  const length = Math.min(octets.length, signature.length);
  return signature.subarray(0, length).every((octet, at) => octet === octets[at]);
}

function parseV1(line: string): ProxyHeader | "malformed" {
  const octets = line.length + "\r\n".length;
  const [, family, client = "", local = "", ...ports] = line.split(" ");
  // What else stands in such a line is to be ignored.
  if (family === "UNKNOWN") return { octets, ends: undefined };
  const isAddress = family === "TCP4" ? isIPv4 : family === "TCP6" ? isPlainIPv6 : undefined;
  if (isAddress === undefined || !isAddress(client) || !isAddress(local)) return "malformed";
  if (ports.length !== 2 || !ports.every(isPort)) return "malformed";
  return { octets, ends: endsOf(client, local, Number(ports[0])) };
}

const isPort = (text: string): boolean => /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;

/** Without a zone, which means something on the balancer only. */
const isPlainIPv6 = (text: string): boolean => isIPv6(text) && !text.includes("%");

const VERSION_2_LOCAL = 0x20;
const VERSION_2_PROXY = 0x21;
const TCP4 = 0x11;
const TCP6 = 0x21;
const UNIX_STREAM = 0x31;
const UNIX_ADDRESSES_OCTETS = 216;

function parseV2(octets: Uint8Array): ProxyHeader | "incomplete" | "malformed" {
  const head = new DataView(octets.buffer, octets.byteOffset, V2_HEAD_OCTETS);
  const command = head.getUint8(12);
  const restOctets = head.getUint16(14);
  if (command !== VERSION_2_LOCAL && command !== VERSION_2_PROXY) return "malformed";
  if (restOctets > V2_REST_OCTETS_MAX) return "malformed";
  const length = V2_HEAD_OCTETS + restOctets;
  if (octets.length < length) return "incomplete";
  if (command === VERSION_2_LOCAL) return { octets: length, ends: undefined };
  const ends = endsInV2(head.getUint8(13), octets.subarray(V2_HEAD_OCTETS, length));
  return ends === "malformed" ? ends : { octets: length, ends };
}

function endsInV2(transport: number, rest: Uint8Array): ProxiedEnds | undefined | "malformed" {
  switch (transport) {
    case TCP4:
      if (rest.length < 12) return "malformed";
      return endsOf(rest.subarray(0, 4).join("."), rest.subarray(4, 8).join("."), portAt(rest, 8));
    case TCP6:
      if (rest.length < 36) return "malformed";
      return endsOf(groupsIn(rest.subarray(0, 16)), groupsIn(rest.subarray(16, 32)), portAt(rest, 32));
    case UNIX_STREAM:
      return rest.length < UNIX_ADDRESSES_OCTETS ? "malformed" : undefined;
    case 0:
      return undefined;
    default:
      // Datagrams do not come over TCP, and other families there are none.
      return "malformed";
  }
}

function groupsIn(address: Uint8Array): string {
  const view = new DataView(address.buffer, address.byteOffset, address.length);
  return Array.from({ length: 8 }, (_, at) => view.getUint16(2 * at).toString(16)).join(":");
}

const portAt = (rest: Uint8Array, at: number): number => ((rest[at] ?? 0) << 8) | (rest[at + 1] ?? 0);

const endsOf = (client: string, local: string, clientPort: number): ProxiedEnds => ({
  client: canonical(client),
  clientPort,
  local: canonical(local),
});

/** One spelling for one address, as that of a socket: limits and logs compare it. */
function canonical(address: string): string {
  if (isIPv4(address)) return address;
  return plainAddress(new SocketAddress({ address, family: "ipv6" }).address);
}
