import type { ClientServer, ClientSetup } from "./client-services.ts";
import { element, elementWith, type Xml, xmlDocument } from "./xml.ts";

const responseSchema = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006";
const outlookSchema = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";

/** What Outlook asks. */
export interface AutodiscoverRequest {
  /** As it stands there. */
  readonly address: string;
  /** Whether it understands the answer for Outlook; others, such as ActiveSync, there is no answer for. */
  readonly isForOutlook: boolean;
}

/**
 * Reads a request without a parser of XML: two elements with text in them are all that is wanted, so a
 * stranger finds no entities to define and nothing to nest.
 */
export function readAutodiscoverRequest(body: string): AutodiscoverRequest | undefined {
  const address = textIn(body, "EMailAddress");
  const schema = textIn(body, "AcceptableResponseSchema");
  return address === undefined
    ? undefined
    : { address, isForOutlook: schema === undefined || schema === outlookSchema };
}

/** The answer; without a LoginName, Outlook takes the address. */
export function autodiscoverDocument({ pop, submission }: ClientSetup): string {
  const protocols = pop.slice(0, 1).map((server) => protocolElement("POP3", server));
  if (submission !== undefined) protocols.push(protocolElement("SMTP", submission));
  const account = element(
    "Account",
    element("AccountType", "email"),
    element("Action", "settings"),
    ...protocols,
  );
  return response(elementWith("Response", { xmlns: outlookSchema }, account));
}

/** Why there is no answer: [MS-OXDSCLI] has a number for each. */
export function autodiscoverRefusal(why: "no-such-address" | "no-such-schema"): string {
  const [code, message] =
    why === "no-such-address" ? [500, "The address is not known here"] : [601, "Provider is not available"];
  return response(
    element("Response", element("Error", element("ErrorCode", code), element("Message", message))),
  );
}

const response = (content: Xml): string =>
  xmlDocument(elementWith("Autodiscover", { xmlns: responseSchema }, content));

const protocolElement = (type: string, { host, port, tls }: ClientServer): Xml =>
  element(
    "Protocol",
    element("Type", type),
    element("Server", host),
    element("Port", port),
    element("SSL", tls === "implicit" ? "on" : "off"),
    ...(tls === "implicit" ? [] : [element("Encryption", "TLS")]),
    element("SPA", "off"),
    element("AuthRequired", "on"),
  );

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function textIn(body: string, name: "EMailAddress" | "AcceptableResponseSchema"): string | undefined {
  const found = new RegExp(`<(?:\\w{1,16}:)?${name}>([^<]{1,400})<`).exec(body)?.[1];
  return found
    ?.trim()
    .replaceAll(/&(amp|lt|gt|quot|apos);/g, (_whole, entity: string) => entities[entity] ?? "");
}
