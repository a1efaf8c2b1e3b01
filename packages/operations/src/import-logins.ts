import { isRegistryFault, type NewLogin } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { z } from "zod";
import { domainName, loginAddress } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { faultOfRegistry } from "./operation-fault.ts";
import { parsePasswdLine } from "./passwd-file.ts";
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
/** Transactions at a time: the registry has a few connections, and others want something, too. */
const atOnce = 2;

/** Makes logins out of the lines of a passwd-file. A second time does no harm: who is there already is left alone. */
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
    subject: ({ lines, isDryRun }) => `${lines.length} lines${isDryRun ? ", to try" : ""}`,
    perform: async (ports, input) => {
      const entries: ImportedLine[] = [];
      const next = input.lines.entries();
      const work = async (): Promise<void> => {
        for (const [index, line] of next) {
          const entry = await importLine(ports, input, line);
          if (entry !== undefined) entries.push({ index, ...entry });
        }
      };
      await Promise.all(Array.from({ length: atOnce }, work));
      return { entries: entries.toSorted((one, other) => one.index - other.index) };
    },
  });

interface ImportSettings {
  readonly domain?: string | undefined;
  readonly isSharedSecret: boolean;
  readonly isDryRun: boolean;
}

type LineOutcome = Omit<ImportedLine, "index">;

const refusedLine = (name: string, detail: string): LineOutcome => ({ name, outcome: "refused", detail });

async function importLine(
  ports: OperationPorts,
  { domain, isSharedSecret, isDryRun }: ImportSettings,
  line: string,
): Promise<LineOutcome | undefined> {
  const parsed = parsePasswdLine(line);
  if (parsed === undefined) return undefined;
  if (typeof parsed === "string") return refusedLine("", parsed);
  const full = parsed.name.includes("@") || domain === undefined ? parsed.name : `${parsed.name}@${domain}`;
  const name = loginAddress().safeParse(full);
  if (!name.success) return refusedLine(full, "its name is no address; a default domain would complete it");
  if (parsed.password === "") return refusedLine(name.data, "nobody can log in with it: it has no password");
  const made = ports.maker.ofStored(parsed.password, { isSharedSecret });
  if (typeof made === "string") return refusedLine(name.data, `its password cannot be taken over: ${made}`);
  const login: NewLogin = {
    name: name.data,
    passwordVerifier: made.passwordVerifier,
    credentials: made.others,
    quotaOctets: parsed.quotaOctets,
    isDisabled: parsed.isLocked,
  };
  return isDryRun ? tryLogin(ports, login) : addLogin(ports, login, parsed.networks);
}

async function tryLogin({ directory }: OperationPorts, { name }: NewLogin): Promise<LineOutcome> {
  const known = await directory.findLogin(name);
  if (isFault(known)) return refusedLine(name, known.fault);
  return { name, outcome: known === undefined ? "added" : "exists", detail: null };
}

async function addLogin(
  { registry, credentials }: OperationPorts,
  login: NewLogin,
  networks: readonly string[],
): Promise<LineOutcome> {
  const { name } = login;
  const added = await registry.addLogin(login);
  if (isRegistryFault(added)) {
    if (added.registryFault === "already-exists") return { name, outcome: "exists", detail: null };
    return refusedLine(name, faultOfRegistry(added).message);
  }
  if (networks.length > 0) {
    const restricted = await credentials.setRestrictions(name, { networks });
    if (isRegistryFault(restricted)) return refusedLine(name, faultOfRegistry(restricted).message);
  }
  return { name, outcome: "added", detail: null };
}
