import {
  type AuditEvent,
  type Authenticated,
  type Authenticator,
  type CredentialDirectory,
  type CredentialKind,
  type Login,
  type NewCredential,
  type Peer,
  WHOLE,
} from "@poplar/maildrop";
import { type Fault, isFault } from "@poplar/protocol";
import { type AuthenticatorOptions, createAuthenticator } from "./authenticator.ts";
import { type HashCost, hashOctets, verifyOctets } from "./password-hash.ts";
import { readStoredPassword } from "./password-scheme.ts";
import { SecretBox } from "./secret-box.ts";

// What the tests of this room share.

export const CHEAP: HashCost = { memoryKib: 8, passes: 1, lanes: 1 };

export const PEER: Peer = {
  address: "192.0.2.1",
  isTlsActive: true,
  serverName: undefined,
  listener: "pop3s",
  channelBindings: () => new Map(),
  clientCertificate: () => undefined,
};

export const ALICE: Login = {
  loginId: 1,
  name: "alice@example.test",
  maildropId: 7,
  view: WHOLE,
  isDisabled: false,
  version: 1,
  credentials: [],
};

export const BOX: SecretBox = new SecretBox([{ keyId: "k1", octets: Buffer.alloc(32, 1) }]);

/** Logins in memory, as they might change under the authenticator's hands. */
export class MemoryLogins implements CredentialDirectory {
  readonly #logins = new Map<string, Login>();
  readonly #steps = new Map<number, number>();
  /** Credentials whose use was noted. */
  readonly used: number[] = [];
  asked = 0;
  down: Fault | undefined;
  /** Settles when a verifier has been replaced. */
  #replaced: (() => void)[] = [];

  constructor(logins: readonly Login[]) {
    for (const login of logins) this.#logins.set(login.name, login);
  }

  async findLogin(name: string): Promise<Login | undefined | Fault> {
    return this.findFirstLogin([name]);
  }

  async findFirstLogin(names: readonly string[]): Promise<Login | undefined | Fault> {
    this.asked += 1;
    if (this.down !== undefined) return this.down;
    return names.map((name) => this.#logins.get(name)).find((login) => login !== undefined);
  }

  async findByCredential(
    kind: CredentialKind,
    verifiers: readonly string[],
  ): Promise<Login | undefined | Fault> {
    if (this.down !== undefined) return this.down;
    return [...this.#logins.values()].find(({ credentials }) =>
      credentials.some((each) => each.kind === kind && verifiers.includes(each.verifier)),
    );
  }

  async replaceVerifier(
    credentialId: number,
    from: string,
    to: string,
    others: readonly NewCredential[] = [],
  ): Promise<boolean> {
    for (const login of this.#logins.values()) {
      const isOwner = login.credentials.some((each) => each.credentialId === credentialId);
      const credentials = login.credentials.map((each) =>
        each.credentialId === credentialId && each.verifier === from ? { ...each, verifier: to } : each,
      );
      const added = others.map((other, index) => ({
        ...other,
        credentialId: 9000 + credentialId * 10 + index,
      }));
      if (isOwner) credentials.push(...added);
      this.#logins.set(login.name, { ...login, credentials });
    }
    for (const settle of this.#replaced) settle();
    return true;
  }

  async claimStep(credentialId: number, step: number): Promise<boolean> {
    if ((this.#steps.get(credentialId) ?? 0) >= step) return false;
    this.#steps.set(credentialId, step);
    return true;
  }

  async recordUse(credentialId: number): Promise<undefined> {
    this.used.push(credentialId);
  }

  async untilReplaced(): Promise<void> {
    await new Promise<void>((resolve) => this.#replaced.push(resolve));
  }

  /** Changes a login; `undefined` removes it. */
  async change(name: string, change: Partial<Login> | undefined): Promise<void> {
    const login = this.#logins.get(name);
    this.#logins.delete(name);
    if (login !== undefined && change !== undefined) this.#logins.set(name, { ...login, ...change });
  }
}

/** An authenticator, and all that it did. */
export interface TestDoor {
  readonly authenticator: Authenticator;
  readonly verify: (
    name: string,
    password: string | Uint8Array,
  ) => ReturnType<Authenticator["verifyPassword"]>;
  /** Plays an exchange: each answer to the challenge before. */
  readonly exchange: (
    mechanism: string,
    answers: readonly (string | undefined | ((challenge: string) => string))[],
    peer?: Peer,
  ) => Promise<Authenticated | Fault | { readonly challenge: string } | "not offered">;
  readonly logins: MemoryLogins;
  /** Verifiers in the order in which they were hashed against. */
  readonly hashed: readonly string[];
  readonly logged: readonly Readonly<Record<string, unknown>>[];
  readonly audited: readonly AuditEvent[];
  /** Why the last one was refused. */
  readonly reason: () => unknown;
}

/** An authenticator over some logins whose password is `secret`, and others. */
export async function door(
  options: Partial<AuthenticatorOptions> = {},
  others: readonly Login[] = [],
): Promise<TestDoor> {
  const credential = async (credentialId: number, password: string) => {
    const verifier = await hashOctets(Buffer.from(password), CHEAP);
    return { credentialId, kind: "password", verifier } as const;
  };
  const credentials = [await credential(1, "secret")];
  const two = [await credential(2, "first"), await credential(3, "second")];
  const logins = new MemoryLogins([
    { ...ALICE, credentials },
    { ...ALICE, loginId: 2, name: "bob@example.test", credentials },
    { ...ALICE, loginId: 3, name: "disabled@example.test", isDisabled: true, credentials },
    { ...ALICE, loginId: 4, name: "bare@example.test" },
    { ...ALICE, loginId: 5, name: "two@example.test", credentials: two },
    ...others,
  ]);
  const hashed: string[] = [];
  const logged: Readonly<Record<string, unknown>>[] = [];
  const audited: AuditEvent[] = [];
  const note = (fields: unknown): void => {
    if (typeof fields === "object" && fields !== null) logged.push({ ...fields });
  };
  const { box } = options;
  const authenticator = createAuthenticator({
    directory: logins,
    log: { info: note, error: note, warn: note },
    audit: { record: (event) => audited.push(event) },
    hashCost: CHEAP,
    wait: async () => {},
    verifyHash: async (verifier, password) => {
      hashed.push(verifier);
      return verifier.startsWith("$argon2")
        ? verifyOctets(verifier, password)
        : readStoredPassword(verifier, { box }).matches(password);
    },
    ...options,
  });
  return {
    authenticator,
    verify: async (name, password) => authenticator.verifyPassword(name, Buffer.from(password), PEER),
    exchange: async (mechanism, answers, peer = PEER) => play(authenticator, mechanism, answers, peer),
    logins,
    hashed,
    logged,
    audited,
    reason: () => logged.findLast(({ event }) => event === "login-refused-because")?.["reason"],
  };
}

async function play(
  authenticator: Authenticator,
  mechanism: string,
  answers: readonly (string | undefined | ((challenge: string) => string))[],
  peer: Peer,
): Promise<Authenticated | Fault | { readonly challenge: string } | "not offered"> {
  const exchange = authenticator.beginExchange(mechanism, peer);
  if (exchange === undefined) return "not offered";
  let challenge = "";
  for (const answer of answers) {
    const text = typeof answer === "function" ? answer(challenge) : answer;
    const step = await exchange.next(text === undefined ? undefined : Buffer.from(text));
    if (isFault(step) || !("challenge" in step)) return step;
    challenge = Buffer.from(step.challenge).toString();
  }
  return { challenge };
}
