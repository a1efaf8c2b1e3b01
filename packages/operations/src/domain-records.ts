import { domainToASCII } from "node:url";
import { domainName } from "./fields.ts";
import type { OperationFault } from "./operation-fault.ts";

/** How the clients and the mail of a domain find their way. */
export interface DomainServices {
  readonly domain: string;
  /** Where clients collect mail; `pop.` and the domain where it is left out. The certificate must name it. */
  readonly popHost?: string | undefined;
  /** Port of POP3 with STLS; 0 where it is not offered. */
  readonly pop3Port: number;
  /** Port of POP3 over TLS; 0 where it is not offered. */
  readonly pop3sPort: number;
  /** Mail servers that take mail for the domain in, the first one preferred. They are not Poplar. */
  readonly mxHosts: readonly string[];
  /** Where clients hand mail in over TLS (RFC 8314 §3.3), with its port 465. It is not Poplar either. */
  readonly submissionHost?: string | undefined;
}

/** A line of a zone. */
export interface DomainRecord {
  /** With its final dot. */
  readonly name: string;
  readonly type: "CNAME" | "MX" | "SRV";
  readonly value: string;
  /** What it is good for. */
  readonly why: string;
}

/**
 * Whom the set-up of clients asks, by name. RFC 6186 §3.4: a target of `.` means that a service is not
 * there.
 */
const absent = "0 0 0 .";

/** The records to publish for a domain: RFC 6186, RFC 8314 §5.1, and what clients ask for beside them. */
export function domainRecords(services: DomainServices): readonly DomainRecord[] | OperationFault {
  const names = canonicalNames(services);
  if ("operationFault" in names) return names;
  const { domain, popHost, mxHosts, submissionHost } = names;
  const srv = (service: string, value: string, why: string): DomainRecord => ({
    name: `_${service}._tcp.${domain}.`,
    type: "SRV",
    value,
    why,
  });
  const pop = (priority: number, port: number): string =>
    port === 0 ? absent : `${priority} 1 ${port} ${popHost}.`;
  return [
    srv("pop3s", pop(0, services.pop3sPort), "POP3 over TLS, preferred (RFC 8314 §5.1)"),
    srv("pop3", pop(10, services.pop3Port), "POP3 with STLS (RFC 6186 §3.3)"),
    srv("imaps", absent, "no IMAP here: clients need not try (RFC 6186 §3.4)"),
    srv("imap", absent, "the same"),
    ...(submissionHost === undefined
      ? []
      : [srv("submissions", `0 1 465 ${submissionHost}.`, "mail going out, over TLS (RFC 8314 §5.1)")]),
    srv("autodiscover", `0 0 443 ${popHost}.`, "set-up of Outlook (Autodiscover)"),
    {
      name: `autoconfig.${domain}.`,
      type: "CNAME",
      value: `${popHost}.`,
      why: "set-up of Thunderbird; or the web server that has the files",
    },
    ...mxHosts.map(
      (host, index): DomainRecord => ({
        name: `${domain}.`,
        type: "MX",
        value: `${(index + 1) * 10} ${host}.`,
        why: "mail coming in",
      }),
    ),
  ];
}

interface Names {
  readonly domain: string;
  readonly popHost: string;
  readonly mxHosts: readonly string[];
  readonly submissionHost: string | undefined;
}

/** As a zone has them. */
function canonicalNames(services: DomainServices): Names | OperationFault {
  const given = [services.domain, services.popHost, services.submissionHost, ...services.mxHosts];
  const checked = given.map((name) => (name === undefined ? undefined : inZone(name)));
  const wrong = checked.indexOf("");
  if (wrong !== -1) {
    const message = `${given[wrong] ?? ""} must be a domain of letters, digits and hyphens, such as example.test.`;
    return { operationFault: "invalid-input", message };
  }
  const [domain = "", popHost, submissionHost, ...mxHosts] = checked;
  return {
    domain,
    popHost: popHost ?? `pop.${domain}`,
    submissionHost,
    mxHosts: mxHosts.filter((host) => host !== undefined),
  };
}

/** In ASCII; empty for what is no domain. */
function inZone(name: string): string {
  const parsed = domainName().safeParse(name.replace(/\.$/, ""));
  return parsed.success && parsed.data.includes(".") ? domainToASCII(parsed.data) : "";
}
