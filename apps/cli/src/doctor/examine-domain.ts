import type { SrvRecord } from "node:dns";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { Finding } from "./finding.ts";

/** What to look at from where a client stands. */
export interface DomainRequest {
  readonly domain: string;
  /** `address:port` of name servers; none: those of this host. */
  readonly nameServers: readonly string[];
  /** Certificates to believe beside those of the system, in PEM. */
  readonly authorities: readonly (string | Buffer)[];
}

const answerMsMax = 5000;
const certificateDaysMin = 14;
const dayMs = 86_400_000;

/** Looks at a domain as clients and other mail servers see it: its records, the ports, the certificates. */
export async function examineDomain(request: DomainRequest): Promise<readonly Finding[]> {
  const resolver = new Resolver({ timeout: answerMsMax / 2, tries: 2 });
  if (request.nameServers.length > 0) resolver.setServers(request.nameServers);
  const services = await Promise.all(
    (["pop3s", "pop3"] as const).map((service) => examineService(resolver, request, service)),
  );
  return [...services.flat(), ...(await examineMx(resolver, request))];
}

/** RFC 6186 §3.3. */
async function examineService(
  resolver: Resolver,
  request: DomainRequest,
  service: "pop3s" | "pop3",
): Promise<readonly Finding[]> {
  const name = `_${service}._tcp.${request.domain}`;
  const records = await asked(() => resolver.resolveSrv(name));
  const check = "dns";
  if (typeof records === "string")
    return [{ verdict: "wrong", check, detail: `SRV ${name}: ${records}`, advice: ask }];
  if (records.length === 0) {
    const advice = `Publish it, so that clients set themselves up: poplar domain dns ${request.domain}`;
    return [
      {
        verdict: service === "pop3s" ? "wrong" : "doubtful",
        check,
        detail: `SRV ${name} is missing`,
        advice,
      },
    ];
  }
  // RFC 2782: the root as target says that there is no such service.
  if (records.every((record) => record.name === "")) {
    return [{ verdict: "fine", check, detail: `SRV ${name} says that it is not offered` }];
  }
  const findings = await Promise.all(
    records.map((record) => examineTarget(resolver, { request, service, record, name })),
  );
  return findings.flat();
}

const ask = "See that the name servers of this host answer, and those of the domain.";

interface Target {
  readonly request: DomainRequest;
  readonly service: "pop3s" | "pop3";
  readonly record: SrvRecord;
  /** Of the SRV record. */
  readonly name: string;
}

async function examineTarget(resolver: Resolver, target: Target): Promise<readonly Finding[]> {
  const { record, name } = target;
  const where = `${record.name}:${record.port}`;
  const addresses = await addressesOf(resolver, record.name);
  if (addresses.length === 0) {
    const advice = `Publish an A or AAAA record for ${record.name}.`;
    return [
      {
        verdict: "wrong",
        check: "dns",
        detail: `SRV ${name} leads to ${record.name}, which has no address`,
        advice,
      },
    ];
  }
  const published: Finding = { verdict: "fine", check: "dns", detail: `SRV ${name} leads to ${where}` };
  const reached = await Promise.all(addresses.map((address) => examinePort(target, address)));
  return [published, ...reached.flat()];
}

/** Goes as far as the certificate, with TLS at once or after STLS. */
async function examinePort(
  { request, service, record }: Target,
  address: string,
): Promise<readonly Finding[]> {
  const where = `${address}:${record.port}`;
  const socket = connectTcp({ host: address, port: record.port });
  try {
    await arrives(socket, "connect");
    if (service === "pop3") await startTls(socket);
    const secure = connectTls({
      socket,
      servername: isIP(record.name) === 0 ? record.name : "",
      rejectUnauthorized: false,
      ...(request.authorities.length > 0 && { ca: [...request.authorities] }),
    });
    await arrives(secure, "secureConnect");
    return [certificateFinding(secure, { where, host: record.name })];
  } catch (err) {
    const reason = err instanceof Error ? ("code" in err ? String(err.code) : err.message) : String(err);
    const advice = "Open the port in the firewall, and see that the front end or its balancer listens there.";
    return [
      { verdict: "wrong", check: "port", detail: `${where} does not serve ${service} (${reason})`, advice },
    ];
  } finally {
    socket.destroy();
  }
}

/** RFC 2595 §4. */
async function startTls(socket: Socket): Promise<void> {
  await okOf(socket);
  socket.write("STLS\r\n");
  await okOf(socket);
}

async function okOf(socket: Socket): Promise<void> {
  const data: unknown[] = await once(socket, "data", { signal: AbortSignal.timeout(answerMsMax) });
  const line = String(data[0]).trim();
  if (!line.startsWith("+OK")) throw new Error(`it says ${line.slice(0, 80)}`);
}

async function arrives(socket: Socket, event: string): Promise<void> {
  await once(socket, event, { signal: AbortSignal.timeout(answerMsMax) });
}

function certificateFinding(
  socket: TLSSocket,
  { where, host }: { readonly where: string; readonly host: string },
): Finding {
  const { valid_to: until, issuer } = socket.getPeerCertificate();
  const days = Math.floor((Date.parse(until) - Date.now()) / dayMs);
  const detail = `${where} shows one of ${String(issuer?.CN ?? "an unnamed issuer")} for ${host}, until ${until}`;
  const check = "certificate";
  const problem = socket.authorized ? undefined : String(socket.authorizationError);
  if (problem !== undefined) {
    return { verdict: "wrong", check, detail: `${detail}: ${problem}`, advice: adviceFor(problem, host) };
  }
  if (days < certificateDaysMin) {
    return { verdict: "doubtful", check, detail: `${detail}: ${days} days left`, advice: "Renew it." };
  }
  return { verdict: "fine", check, detail };
}

function adviceFor(problem: string, host: string): string {
  if (problem.includes("ALTNAME"))
    return `Get one that names ${host}; clients compare it with the SRV target.`;
  if (problem.includes("EXPIRED")) return "Renew it; the server takes a new one up by itself, or on SIGHUP.";
  if (problem.includes("SELF_SIGNED") || problem.includes("DEPTH_ZERO")) {
    return "Get one from an authority that clients believe.";
  }
  return "Put the intermediate certificates behind the server's own in tls-cert: the chain is not whole.";
}

async function examineMx(resolver: Resolver, { domain }: DomainRequest): Promise<readonly Finding[]> {
  const check = "dns";
  const records = await asked(() => resolver.resolveMx(domain));
  if (typeof records === "string")
    return [{ verdict: "wrong", check, detail: `MX ${domain}: ${records}`, advice: ask }];
  if (records.length === 0) {
    const advice = "Publish one that names the mail server that hands mail to Poplar by LMTP.";
    return [{ verdict: "wrong", check, detail: `MX ${domain} is missing`, advice }];
  }
  return Promise.all(
    records.map(async ({ exchange }): Promise<Finding> => {
      // RFC 7505 §3.
      if (exchange === "")
        return { verdict: "fine", check, detail: `MX ${domain} says that it takes no mail` };
      const addresses = await addressesOf(resolver, exchange);
      if (addresses.length > 0)
        return { verdict: "fine", check, detail: `MX ${domain} leads to ${exchange}` };
      const advice = `Publish an A or AAAA record for ${exchange}.`;
      return {
        verdict: "wrong",
        check,
        detail: `MX ${domain} leads to ${exchange}, which has no address`,
        advice,
      };
    }),
  );
}

async function addressesOf(resolver: Resolver, host: string): Promise<readonly string[]> {
  const found = await Promise.all([
    asked<string>(() => resolver.resolve4(host)),
    asked<string>(() => resolver.resolve6(host)),
  ]);
  return found.flatMap((addresses) => (typeof addresses === "string" ? [] : addresses));
}

/** @returns nothing where there is no such record, and a word where nobody answers. */
async function asked<Entry>(question: () => Promise<readonly Entry[]>): Promise<readonly Entry[] | string> {
  try {
    return await question();
  } catch (err) {
    const code = err instanceof Error && "code" in err ? String(err.code) : "EUNKNOWN";
    return code === "ENODATA" || code === "ENOTFOUND" ? [] : `no name server answers (${code})`;
  }
}
