import { createHash } from "node:crypto";
import type { ClientServer, ClientSetup } from "./client-services.ts";
import { element, elementWith, type Xml, xmlDocument } from "./xml.ts";

const doctype =
  '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n';

type PlistValue = string | number | boolean | readonly PlistValue[] | { readonly [key: string]: PlistValue };

/** A profile for Apple's devices, unsigned. Without an address in it, the device asks for one. */
export function mobileconfigDocument(setup: ClientSetup, address: string | undefined): string {
  const { domain, providerName, pop, submission } = setup;
  const [incoming] = pop;
  const identifier = domain.split(".").toReversed().join(".");
  const account = {
    PayloadType: "com.apple.mail.managed",
    PayloadVersion: 1,
    PayloadIdentifier: `${identifier}.mail.account`,
    PayloadUUID: uuidOf(`account ${domain} ${address ?? ""}`),
    EmailAccountDescription: providerName,
    EmailAccountType: "EmailTypePOP",
    ...(address !== undefined && { EmailAddress: address, IncomingMailServerUsername: address }),
    ...(incoming !== undefined && serverKeys("Incoming", incoming)),
    ...(submission !== undefined && {
      ...serverKeys("Outgoing", submission),
      ...(address !== undefined && { OutgoingMailServerUsername: address }),
      OutgoingPasswordSameAsIncomingPassword: true,
    }),
  };
  const profile = {
    PayloadType: "Configuration",
    PayloadVersion: 1,
    PayloadIdentifier: `${identifier}.mail`,
    PayloadUUID: uuidOf(`profile ${domain} ${address ?? ""}`),
    PayloadDisplayName: providerName,
    PayloadContent: [account],
  };
  return xmlDocument(elementWith("plist", { version: "1.0" }, plistElement(profile)), doctype);
}

const serverKeys = (direction: "Incoming" | "Outgoing", { host, port }: ClientServer) => ({
  [`${direction}MailServerHostName`]: host,
  [`${direction}MailServerPortNumber`]: port,
  // STARTTLS, too: the device finds out by itself.
  [`${direction}MailServerUseSSL`]: true,
  [`${direction}MailServerAuthentication`]: "EmailAuthPassword",
});

function plistElement(value: PlistValue): Xml {
  if (typeof value === "string") return element("string", value);
  if (typeof value === "number") return element("integer", value);
  if (typeof value === "boolean") return element(value ? "true" : "false");
  if (isList(value)) return element("array", ...value.map(plistElement));
  const pairs = Object.entries(value).map(([key, item]) => [element("key", key), plistElement(item)]);
  return element("dict", ...pairs.flat());
}

const isList = (value: object): value is readonly PlistValue[] => Array.isArray(value);

/** The same profile has the same UUID each time, so that a device replaces it. RFC 9562 §5.8. */
function uuidOf(name: string): string {
  const hex = createHash("sha256").update(`poplar mobileconfig ${name}`).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
