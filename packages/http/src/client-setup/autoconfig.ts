import type { ClientServer, ClientSetup } from "./client-services.ts";
import { element, elementWith, type Xml, xmlDocument } from "./xml.ts";

/**
 * The answer for Thunderbird and what else reads its format, 1.1. It names nobody: the client puts the
 * address in by itself.
 */
export function autoconfigDocument({ domain, providerName, pop, submission }: ClientSetup): string {
  const servers = pop.map((server) => serverElement("incomingServer", "pop3", server));
  if (submission !== undefined) servers.push(serverElement("outgoingServer", "smtp", submission));
  return xmlDocument(
    elementWith(
      "clientConfig",
      { version: "1.1" },
      elementWith(
        "emailProvider",
        { id: domain },
        element("domain", domain),
        element("displayName", providerName),
        element("displayShortName", providerName),
        ...servers,
      ),
    ),
  );
}

const serverElement = (name: string, type: string, { host, port, tls }: ClientServer): Xml =>
  elementWith(
    name,
    { type },
    element("hostname", host),
    element("port", port),
    element("socketType", tls === "implicit" ? "SSL" : "STARTTLS"),
    element("username", "%EMAILADDRESS%"),
    element("authentication", "password-cleartext"),
  );
