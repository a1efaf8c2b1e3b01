import type { Role } from "@poplar/maildrop";

/**
 * Every use case, who may do it, and what it is in a sentence: the only place where roles are given anything.
 *
 * P platform: everything there is. T tenant: its domains and what is in them. D domain: one domain and what
 * is in it. S self: the owner of a login, with that login alone. What somebody may do he may do within his
 * scope only, and what lies outside of it is for him not there.
 */
const roleTable = {
  "show-access": ["PTDS", "Tells whose token it is, and what it may do."],
  "show-server": ["P---", "Tells how this process is: its dependencies, listeners and certificates."],
  "show-statistics": ["P---", "Counts domains, logins, maildrops, mail and sessions."],

  "reseal-secrets": ["P---", "Seals again, under the newest key, the secrets that lie under an older one."],

  "add-tenant": ["P---", "Makes a tenant, who will have domains."],
  "list-tenants": ["P---", "Lists the tenants."],
  "show-tenant": ["P---", "Shows a tenant, with how many domains it has."],
  "remove-tenant": ["P---", "Removes a tenant who has no domains."],
  "move-domain": ["P---", "Gives a domain to a tenant; tokens for the domain go."],

  "add-token": ["PT--", "Makes a token for the API, which is shown once."],
  "list-tokens": ["PT--", "Lists the tokens of operators."],
  "revoke-token": ["PT--", "Takes a token back, and those that were made with it unless they are kept."],

  "add-domain": ["PT--", "Takes a domain under care; a tenant none of one word or below somebody else's."],
  "list-domains": ["PTD-", "Lists the domains."],
  "show-domain-records": ["PTD-", "Shows the records to publish for a domain."],
  "remove-domain": ["PT--", "Gives up a domain that has no logins."],

  "add-login": ["PTD-", "Makes a login with its maildrop and its address."],
  "add-host": [
    "PTD-",
    "SDPS: makes the login of a host, whose maildrop takes the mail of all its local parts.",
  ],
  "add-host-view": ["PTD-", "SDPS: makes a login of its own for one local part of a host."],
  "import-logins": ["PTD-", "Makes logins out of the lines of a passwd-file."],
  "list-logins": ["PTD-", "Lists the logins."],
  "show-login": ["PTDS", "Shows a login with what it opens."],
  "remove-login": ["PTD-", "Removes a login, and ends its sessions."],
  "disable-login": [
    "PTD-",
    "Shuts a login out, and ends its sessions; its mail stays, and more is taken in.",
  ],
  "enable-login": ["PTD-", "Lets a login in again that was disabled."],
  "restrict-login": ["PTD-", "Says under which circumstances a login opens at all."],
  "set-password": ["PTD-", "Changes the password of a login; its app passwords and sessions end."],
  "change-own-password": ["---S", "Changes the password of one's own login, for whoever knows the old one."],
  "set-second-password": ["PTD-", "SDPS: gives a login a second password."],
  "remove-second-password": ["PTD-", "SDPS: takes the second password away."],

  "list-credentials": ["PTDS", "Lists what opens a login, never the secrets themselves."],
  "add-app-password": ["PTDS", "Makes a password for one device, which is shown once."],
  "revoke-app-password": ["PTDS", "Takes an app password back."],
  "enrol-totp": ["PTD-", "Switches one-time codes on for somebody else, at once."],
  "begin-totp": ["---S", "Makes a secret for one-time codes; nothing changes before it is confirmed."],
  "confirm-totp": ["---S", "Switches one-time codes on, once the owner's app has shown one."],
  "disable-totp": ["PTDS", "Switches one-time codes off."],
  "add-subject": [
    "PTD-",
    "Lets in who shows this principal, certificate or token; but for the platform, addresses of one's own.",
  ],
  "remove-subject": ["PTD-", "Takes such a name back."],

  "add-address": ["PTD-", "Leads an address to the maildrop of a login."],
  "remove-address": ["PTD-", "Takes no more mail for an address."],

  "list-maildrops": ["PTD-", "Lists the maildrops in the order in which they were made."],
  "show-maildrop": ["PTDS", "Tells how much mail the maildrop of a login holds."],
  "set-quota": ["PTD-", "Limits what a maildrop may hold."],
  "list-messages": ["PTDS", "Lists the envelopes of a maildrop's messages, never content."],
  "deliver-message": ["PTD-", "Puts a message into a maildrop, as if it had come over LMTP."],
  "show-mail-policy": ["PTDS", "Shows how long mail is kept, and what POP shows of it."],
  "set-mail-policy": ["PTD-", "Chooses how long mail is kept, and what POP shows of it."],
  "clear-mail-policy": ["PTD-", "Takes a login's own choice away: it follows its domain, or else the fleet."],
  "show-domain-mail-policy": [
    "PTD-",
    "Shows what holds for a domain's logins without a choice of their own.",
  ],
  "set-domain-mail-policy": ["PTD-", "Chooses that for a domain."],
  "clear-domain-mail-policy": ["PTD-", "Takes a domain's choice away: its logins follow the fleet."],
  "show-fleet-mail-policy": ["P---", "Shows what holds for logins when nobody has chosen for them."],
  "set-fleet-mail-policy": ["P---", "Chooses that for the fleet."],
  "clear-fleet-mail-policy": ["P---", "Takes the fleet's choice away."],
  "list-hidden-messages": ["PTDS", "Lists deleted messages that can be restored."],
  "restore-messages": ["PTDS", "Brings deleted messages back, with the unique-ids that they had."],
  "purge-messages": ["PTD-", "Removes deleted messages for good."],

  "import-message": ["PTD-", "Takes a message over from another server: unique-id, time, octets."],
  "find-used-unique-ids": ["PTD-", "Tells which of these messages have been imported before."],
  "digest-messages": ["PTD-", "Reads imported messages to their ends, to be compared with what they were."],

  "list-sessions": ["PTDS", "Tells who is connected, at this moment."],
  "kick-sessions": ["PTDS", "Ends sessions, which releases their locks; nothing is deleted."],
  "show-lease": ["PTD-", "Tells who has a maildrop open."],
  "break-lease": ["PTD-", "Takes a maildrop away from whoever has it open."],

  "search-audit": ["PTDS", "Tells what happened, the newest first."],
} as const;

/** The name of a use case. */
export type OperationName = keyof typeof roleTable;

/** The roles in the order of the columns. */
export const roles: readonly Role[] = ["platform", "tenant", "domain", "self"];

/** Who may do it. */
export const rolesOf = (operation: OperationName): readonly Role[] =>
  roles.filter((_, column) => roleTable[operation][0][column] !== "-");

/** What it is, in a sentence. */
export const summaryOf = (operation: OperationName): string => roleTable[operation][1];

/** Every use case. */
export const operationNames: readonly OperationName[] =
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table has no other keys
  Object.keys(roleTable) as OperationName[];
