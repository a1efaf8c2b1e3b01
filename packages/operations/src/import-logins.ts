import { domainOf, isRegistryFault, type NewLogin, type RegistryFault, type Scope } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { z } from "zod";
import { domainName, loginAddress, networks } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { faultOfRegistry } from "./operation-fault.ts";
import { parsePasswdLine } from "./passwd-file.ts";
import { isWithin } from "./permit.ts";
import type { OperationPorts } from "./ports.ts";

/** A piece of somebody else's user base. */
export interface ImportInput {
  /** Lines of a Dovecot passwd-file, or of shadow. */
  readonly lines: readonly string[];
  /** Completes names without a domain. */
  readonly domain?: string | undefined;
  /** Keep passwords that stand there in the clear, sealed, for APOP, CRAM-MD5 and DIGEST-MD5, too. */
  readonly isSharedSecret?: boolean | undefined;
  /** Say what would be done. */
  readonly isDryRun?: boolean | undefined;
}

/** What became of one line. */
export interface ImportedLine {
  /** In `lines`, from 0. */
  readonly index: number;
  readonly name: string;
  /** `exists`: there is such a login, and nothing was changed. */
  readonly outcome: "added" | "exists" | "refused";
  /** Why it was refused. */
  readonly detail: string | null;
}

const linesMax = 1000;
const lineCharactersMax = 4096;

/**
 * Makes logins out of the lines of a passwd-file. A second time does no harm: who is there already is left
 * alone.
 */
export const importLogins: Operation<ImportInput, { readonly entries: readonly ImportedLine[] }> =
  defineOperation({
    name: "import-logins",
    inputSchema: z.strictObject({
      lines: z
        .array(z.string().max(lineCharactersMax, { error: "is too long" }), {
          error: "must be a list of lines",
        })
        .max(linesMax, { error: `must have at most ${linesMax} lines` }),
      domain: domainName().optional(),
      isSharedSecret: z.boolean().default(false),
      isDryRun: z.boolean().default(false),
    }),
    reach: ({ domain }) => (domain === undefined ? [] : [{ domain }]),
    // What is only tried is no change. A domain finds in its audit what was done in it.
    subject: ({ lines, domain, isDryRun }, { scope }) => {
      if (isDryRun) return undefined;
      return (scope.role === "domain" ? scope.domain : domain) ?? `${lines.length} lines`;
    },
    alsoAbout: (_input, { entries }) =>
      entries.flatMap(({ name, outcome }) => (outcome === "added" ? [name] : [])),
    perform: async (ports, input, { scope }) => {
      const lines = input.lines.map((line) => readLine(ports, input, line));
      const read = await withoutStrangers(ports, scope, lines);
      if (isRegistryFault(read)) return read;
      const logins = read.flatMap((entry) => (entry !== undefined && "login" in entry ? [entry.login] : []));
      const outcomes = input.isDryRun
        ? await tryLogins(ports, logins)
        : await ports.registry.addLogins(logins);
      if (isRegistryFault(outcomes)) return outcomes;
      const next = outcomes.values();
      const entries = read.flatMap((entry, index): readonly ImportedLine[] => {
        if (entry === undefined) return [];
        const outcome = "login" in entry ? outcomeOf(entry.login, next.next().value) : entry;
        return [{ index, ...outcome }];
      });
      return { entries };
    },
  });

interface ImportSettings {
  readonly domain?: string | undefined;
  readonly isSharedSecret: boolean;
}

type LineOutcome = Omit<ImportedLine, "index">;

/** A line as a login to be, or why it is none. */
type ReadLine = { readonly login: NewLogin } | LineOutcome;

const refusedLine = (name: string, detail: string): LineOutcome => ({ name, outcome: "refused", detail });

/** A line as a login to be, or why it is none; `undefined` for one that says nothing. */
function readLine(
  { maker }: OperationPorts,
  { domain, isSharedSecret }: ImportSettings,
  line: string,
): ReadLine | undefined {
  const parsed = parsePasswdLine(line);
  if (parsed === undefined) return undefined;
  if (typeof parsed === "string") return refusedLine("", parsed);
  const full = parsed.name.includes("@") || domain === undefined ? parsed.name : `${parsed.name}@${domain}`;
  const name = loginAddress().safeParse(full);
  if (!name.success) return refusedLine(full, "its name is no address; a default domain would complete it");
  if (parsed.password === "") return refusedLine(name.data, "nobody can log in with it: it has no password");
  if (parsed.networks.length > 0 && !networks().safeParse([...parsed.networks]).success) {
    return refusedLine(name.data, "its allow_nets are no networks");
  }
  const made = maker.ofStored(parsed.password, { isSharedSecret });
  if (typeof made === "string") return refusedLine(name.data, `its password cannot be taken over: ${made}`);
  return {
    login: {
      name: name.data,
      passwordVerifier: made.passwordVerifier,
      credentials: made.others,
      quotaOctets: parsed.quotaOctets,
      isDisabled: parsed.isLocked,
      ...(parsed.networks.length === 0 ? {} : { restrictions: { networks: parsed.networks } }),
    },
  };
}

/** Whoever is in a domain out of the scope is refused as if there were no such domain. */
async function withoutStrangers(
  ports: OperationPorts,
  scope: Scope,
  lines: readonly (ReadLine | undefined)[],
): Promise<readonly (ReadLine | undefined)[] | RegistryFault> {
  const isKnown = new Map<string, boolean>();
  const kept: (ReadLine | undefined)[] = [];
  for (const line of lines) {
    if (line === undefined || !("login" in line)) {
      kept.push(line);
      continue;
    }
    const { name } = line.login;
    const domain = domainOf(name);
    const within = isKnown.get(domain) ?? (await isWithin(ports, scope, { domain }));
    if (isRegistryFault(within)) return within;
    isKnown.set(domain, within);
    const why = faultOfRegistry({ registryFault: "not-found", name: domain }).message;
    kept.push(within ? line : refusedLine(name, why));
  }
  return kept;
}

/** What would become of them, as far as can be said without doing it. */
async function tryLogins(
  { directory, registry }: OperationPorts,
  logins: readonly NewLogin[],
): Promise<readonly (undefined | RegistryFault)[] | RegistryFault> {
  const outcomes: (undefined | RegistryFault)[] = [];
  const domains = new Map<string, boolean>();
  for (const { name } of logins) {
    const domain = domainOf(name);
    const isKnown = domains.get(domain) ?? (await registry.hasDomain(domain));
    if (isRegistryFault(isKnown)) return isKnown;
    domains.set(domain, isKnown);
    const login = await directory.findLogin(name);
    if (isFault(login)) return { registryFault: "storage-down", cause: login };
    const fault = login === undefined ? "not-found" : "already-exists";
    const isRefused = login !== undefined || !isKnown;
    outcomes.push(isRefused ? { registryFault: fault, name: isKnown ? name : domain } : undefined);
  }
  return outcomes;
}

function outcomeOf({ name }: NewLogin, outcome: unknown): LineOutcome {
  if (!isRegistryFault(outcome)) return { name, outcome: "added", detail: null };
  if (outcome.registryFault === "already-exists") return { name, outcome: "exists", detail: null };
  return refusedLine(name, faultOfRegistry(outcome).message);
}
