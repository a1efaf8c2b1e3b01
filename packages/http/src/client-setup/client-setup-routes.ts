import type { OperationFault } from "@poplar/operations";
import type { Log } from "@poplar/telemetry";
import type { FastifyInstance, FastifyReply } from "fastify";
import { problemOf, sendProblem } from "../problem.ts";
import { autoconfigDocument } from "./autoconfig.ts";
import { autodiscoverDocument, autodiscoverRefusal, readAutodiscoverRequest } from "./autodiscover.ts";
import { type ClientSetup, type PublicServices, setupOf } from "./client-services.ts";
import { mobileconfigDocument } from "./mobileconfig.ts";

/** What clients that know an address only are told, and of which domains. */
export interface ClientSetupOptions {
  readonly services: PublicServices;
  readonly knowsDomain: (domain: string) => Promise<boolean | OperationFault>;
}

const requestOctetsMax = 8 * 1024;

/** Anybody may ask: so few that whoever asks much holds up others of his kind, and not the database. */
const lookupsMax = 16;

/**
 * Set-up of clients: open to everybody, as clients ask before they have a password. An answer depends on the
 * domain and on nothing behind it: whether a name exists cannot be learned here.
 */
export function addClientSetupRoutes(
  http: FastifyInstance,
  options: ClientSetupOptions & { readonly log: Pick<Log, "error"> },
): void {
  const find = setupFinder(options);

  for (const url of ["/.well-known/autoconfig/mail/config-v1.1.xml", "/mail/config-v1.1.xml"]) {
    http.get<{ Querystring: { emailaddress?: unknown } }>(url, async ({ query, hostname }, reply) => {
      const domain = domainOf(query.emailaddress) ?? hostname.replace(/^autoconfig\./i, "");
      const setup = await find(domain, reply);
      return "domain" in setup ? sendXml(reply, autoconfigDocument(setup)) : sendRefusal(reply, setup);
    });
  }

  http.get<{ Querystring: { emailaddress?: unknown; domain?: unknown } }>(
    "/mail/poplar.mobileconfig",
    async ({ query }, reply) => {
      const address = isAddress(query.emailaddress) ? query.emailaddress : undefined;
      const domain = domainOf(address) ?? (typeof query.domain === "string" ? query.domain : "");
      const setup = await find(domain, reply);
      if (!("domain" in setup)) return sendRefusal(reply, setup);
      return reply
        .type("application/x-apple-aspen-config; charset=utf-8")
        .header("content-disposition", 'attachment; filename="mail.mobileconfig"')
        .send(mobileconfigDocument(setup, address));
    },
  );

  void http.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    const asText = { parseAs: "string", bodyLimit: requestOctetsMax } as const;
    scope.addContentTypeParser("*", asText, (_request, body, parsed) => parsed(null, body));
    for (const url of ["/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml"]) {
      scope.post<{ Body: unknown }>(url, async ({ body }, reply) => {
        const asked = typeof body === "string" ? readAutodiscoverRequest(body) : undefined;
        if (asked?.isForOutlook === false) return sendXml(reply, autodiscoverRefusal("no-such-schema"));
        const setup = await find(domainOf(asked?.address) ?? "", reply);
        if ("domain" in setup) return sendXml(reply, autodiscoverDocument(setup));
        // Outlook reads the reason in the document only.
        if (setup.operationFault === "not-found")
          return sendXml(reply, autodiscoverRefusal("no-such-address"));
        return sendRefusal(reply, setup);
      });
    }
    done();
  });
}

/** Looks a domain up; a few at a time. */
function setupFinder({
  services,
  knowsDomain,
  log,
}: Parameters<typeof addClientSetupRoutes>[1]): (
  domain: string,
  reply: FastifyReply,
) => Promise<ClientSetup | OperationFault> {
  const unknown: OperationFault = { operationFault: "not-found", message: "No mail of this domain is here." };
  let lookups = 0;
  return async (domain, reply) => {
    const canonical = domain.normalize("NFKC").toLowerCase();
    if (!isDomain(canonical)) return unknown;
    if (lookups >= lookupsMax) {
      void reply.header("retry-after", "5");
      return { operationFault: "storage-down", message: "Too many ask at once; try again." };
    }
    lookups += 1;
    try {
      const known = await knowsDomain(canonical);
      if (typeof known !== "boolean") {
        log.error({ err: known.cause, operationFault: known.operationFault }, "a domain was not looked up");
        return known;
      }
      return known ? setupOf(services, canonical) : unknown;
    } finally {
      lookups -= 1;
    }
  };
}

const sendXml = (reply: FastifyReply, document: string): FastifyReply =>
  reply.type("text/xml; charset=utf-8").send(document);

const sendRefusal = (reply: FastifyReply, fault: OperationFault): FastifyReply =>
  sendProblem(reply, problemOf(fault));

const isDomain = (text: string): boolean =>
  text.length <= 253 && /^[\p{L}\p{M}\p{N}-]{1,63}(?:\.[\p{L}\p{M}\p{N}-]{1,63})*$/u.test(text);

/** RFC 5321 §4.5.3.1.3: a path has 254 octets. No blanks: whatever else is in it is escaped. */
const isAddress = (value: unknown): value is string =>
  typeof value === "string" &&
  Buffer.byteLength(value) <= 254 &&
  /^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(value);

const domainOf = (address: unknown): string | undefined =>
  isAddress(address) ? address.slice(address.lastIndexOf("@") + 1) : undefined;
