import type { CredentialDirectory, Login, Peer } from "@poplar/maildrop";
import { type Fault, isFault } from "@poplar/protocol";
import { canonicalName, isDomain } from "./login-name.ts";

/** Which forms of names the operator has switched on beside `local-part@domain` and the name of a host. */
export interface NameRules {
  /** Characters that clients which cannot send `@` use in its place, e.g. `+%`. None by default. */
  readonly separators?: string;
  /** Completes names without a domain; the first that fits. */
  readonly defaultDomains?: readonly DefaultDomain[];
}

/**
 * A domain for names without one, for clients that came in a certain way; a condition that is absent always
 * holds.
 */
export interface DefaultDomain {
  readonly domain: string;
  readonly listener?: string;
  /** The name that the client asked for in TLS (SNI). */
  readonly serverName?: string;
  /** The address that it connected to. */
  readonly localAddress?: string;
}

/** A name to look up, and what of it the client wants to see. */
export interface NameCandidate {
  /** Canonical. */
  readonly name: string;
  /** Where the name is that of a host: only the mail of this local part. */
  readonly localPart: string | undefined;
}

/** More readings of one name than anybody means. */
const CANDIDATES_MAX = 16;

/**
 * Finds the login behind what somebody typed: for every mechanism, the only way.
 *
 * @returns for `john@host` on a host that has a login but none for john, the login of the host with john's
 *    view.
 */
export async function resolveLogin(
  directory: CredentialDirectory,
  rules: NameRules,
  typed: string,
  peer: Peer,
): Promise<Login | undefined | Fault> {
  const candidates = nameCandidates(typed, peer, rules);
  if (candidates.length === 0) return undefined;
  const login = await directory.findFirstLogin(candidates.map(({ name }) => name));
  if (login === undefined || isFault(login)) return login;
  const candidate = candidates.find(({ name }) => name === login.name);
  const localPart = candidate?.localPart;
  if (localPart === undefined) return login;
  return { ...login, name: `${localPart}@${login.name}`, view: { kind: "local-part", localPart } };
}

/** Is this the login of a host, which may act for every local part of it? */
export const isHostLogin = ({ name, view }: Login): boolean => view.kind === "whole" && !name.includes("@");

/**
 * What a name may mean, best first: what it says as it stands, then split at a separator with the longest
 * host. So a full address that exists is never split.
 */
export function nameCandidates(typed: string, peer: Peer, rules: NameRules): readonly NameCandidate[] {
  const name = canonicalName(typed, undefined);
  if (name === undefined) return [];
  const domain = defaultDomainFor(peer, rules);
  const at = name.lastIndexOf("@");
  const found =
    at === -1
      ? [...plainCandidates(name, domain), ...splitCandidates(name, domain, rules.separators ?? "")]
      : addressCandidates(name.slice(0, at), name.slice(at + 1), domain);
  return found.slice(0, CANDIDATES_MAX);
}

/** `john`, which lacks a domain, or `host`, which may lack that of its provider. */
function plainCandidates(name: string, domain: string | undefined): readonly NameCandidate[] {
  const hosts = isDomain(name) ? hostNames(name, domain) : [];
  return [...(domain === undefined ? [] : [`${name}@${domain}`]), ...hosts].map((each) => ({
    name: each,
    localPart: undefined,
  }));
}

/** `john@host`: a login of its own, or john's view of the host's maildrop. */
function addressCandidates(
  localPart: string,
  host: string,
  domain: string | undefined,
): readonly NameCandidate[] {
  return hostNames(host, domain).flatMap((each) => [
    { name: `${localPart}@${each}`, localPart: undefined },
    { name: each, localPart },
  ]);
}

/** The leftmost separator leaves the longest host. */
function splitCandidates(
  name: string,
  domain: string | undefined,
  separators: string,
): readonly NameCandidate[] {
  return Array.from(name).flatMap((character, index, characters) => {
    if (index === 0 || !separators.includes(character)) return [];
    const host = characters.slice(index + 1).join("");
    return isDomain(host) ? addressCandidates(characters.slice(0, index).join(""), host, domain) : [];
  });
}

/** `vision25` is short for `vision25.demon.test` where `demon.test` is the default. */
const hostNames = (host: string, domain: string | undefined): readonly string[] =>
  domain === undefined || host.includes(".") ? [host] : [host, `${host}.${domain}`];

function defaultDomainFor(peer: Peer, { defaultDomains = [] }: NameRules): string | undefined {
  const isMet = (wanted: string | undefined, actual: string | undefined): boolean =>
    wanted === undefined || wanted.toLowerCase() === actual?.toLowerCase();
  return defaultDomains
    .find(
      ({ listener, serverName, localAddress }) =>
        isMet(listener, peer.listener) &&
        isMet(serverName, peer.serverName) &&
        isMet(localAddress, peer.localAddress),
    )
    ?.domain.toLowerCase();
}
