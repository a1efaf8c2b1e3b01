import type * as operations from "@poplar/operations";

/** What a use case answers: the API answers nothing else. */
export type AnswerOf<Name extends keyof typeof operations> =
  (typeof operations)[Name] extends operations.Operation<infer _Input, infer Answer> ? Answer : never;

/** What a use case is asked, without the field that stands in the path. */
export type InputOf<Name extends keyof typeof operations, Path extends string = never> =
  (typeof operations)[Name] extends operations.Operation<infer Input, infer _Answer>
    ? Omit<Input, Path>
    : never;

/** What stands beside the path of a request. */
export interface RequestParts {
  readonly query?: object;
  readonly json?: object;
  readonly message?: Blob;
}

/** Sends a request below `/v1`; each part of the path is encoded. Rejects with `ApiProblem`. */
export type Send = <Answer>(
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: readonly string[],
  parts?: RequestParts,
) => Promise<Answer>;

/** The requests that the console makes, with the types of the use cases behind them. */
export class Api {
  readonly #send: Send;

  constructor(send: Send) {
    this.#send = send;
  }

  access(): Promise<AnswerOf<"showAccess">> {
    return this.#send("GET", ["access"]);
  }

  statistics(): Promise<AnswerOf<"showStatistics">> {
    return this.#send("GET", ["statistics"]);
  }

  server(): Promise<operations.ServerReport> {
    return this.#send("GET", ["server"]);
  }

  sessions(): Promise<AnswerOf<"listSessions">> {
    return this.#send("GET", ["sessions"], { query: { limit: 1000 } });
  }

  kick(query: InputOf<"kickSessions">): Promise<AnswerOf<"kickSessions">> {
    return this.#send("DELETE", ["sessions"], { query });
  }

  lease(login: string): Promise<AnswerOf<"showLease">> {
    return this.#send("GET", ["leases", login], { query: { limit: 1000 } });
  }

  breakLease(login: string): Promise<AnswerOf<"breakLease">> {
    return this.#send("DELETE", ["leases", login]);
  }

  logins(query: InputOf<"listLogins">): Promise<AnswerOf<"listLogins">> {
    return this.#send("GET", ["logins"], { query });
  }

  login(name: string): Promise<AnswerOf<"showLogin">> {
    return this.#send("GET", ["logins", name]);
  }

  addLogin(json: InputOf<"addLogin">): Promise<AnswerOf<"addLogin">> {
    return this.#send("POST", ["logins"], { json });
  }

  disableLogin(name: string): Promise<AnswerOf<"disableLogin">> {
    return this.#send("POST", ["logins", name, "disable"]);
  }

  enableLogin(name: string): Promise<AnswerOf<"enableLogin">> {
    return this.#send("POST", ["logins", name, "enable"]);
  }

  setPassword(name: string, json: InputOf<"setPassword", "name">): Promise<AnswerOf<"setPassword">> {
    return this.#send("PUT", ["logins", name, "password"], { json });
  }

  disableTotp(name: string): Promise<AnswerOf<"disableTotp">> {
    return this.#send("DELETE", ["logins", name, "totp"]);
  }

  tenants(query: InputOf<"listTenants">): Promise<AnswerOf<"listTenants">> {
    return this.#send("GET", ["tenants"], { query });
  }

  tenant(name: string): Promise<AnswerOf<"showTenant">> {
    return this.#send("GET", ["tenants", name]);
  }

  addTenant(json: InputOf<"addTenant">): Promise<AnswerOf<"addTenant">> {
    return this.#send("POST", ["tenants"], { json });
  }

  removeTenant(name: string): Promise<AnswerOf<"removeTenant">> {
    return this.#send("DELETE", ["tenants", name]);
  }

  moveDomain(name: string, json: InputOf<"moveDomain", "name">): Promise<AnswerOf<"moveDomain">> {
    return this.#send("PUT", ["domains", name, "tenant"], { json });
  }

  domains(query: InputOf<"listDomains">): Promise<AnswerOf<"listDomains">> {
    return this.#send("GET", ["domains"], { query });
  }

  addDomain(json: InputOf<"addDomain">): Promise<AnswerOf<"addDomain">> {
    return this.#send("POST", ["domains"], { json });
  }

  removeDomain(name: string): Promise<AnswerOf<"removeDomain">> {
    return this.#send("DELETE", ["domains", name]);
  }

  domainRecords(name: string): Promise<{ readonly entries: readonly operations.DomainRecord[] }> {
    return this.#send("GET", ["domains", name, "records"]);
  }

  maildrops(query: InputOf<"listMaildrops">): Promise<AnswerOf<"listMaildrops">> {
    return this.#send("GET", ["maildrops"], { query });
  }

  maildrop(login: string): Promise<AnswerOf<"showMaildrop">> {
    return this.#send("GET", ["maildrops", login]);
  }

  setQuota(login: string, json: InputOf<"setQuota", "login">): Promise<AnswerOf<"setQuota">> {
    return this.#send("PUT", ["maildrops", login, "quota"], { json });
  }

  deliver(login: string, message: Blob, reversePath: string): Promise<AnswerOf<"deliverMessage">> {
    return this.#send("POST", ["maildrops", login, "messages"], { message, query: { reversePath } });
  }

  tokens(query: InputOf<"listTokens">): Promise<AnswerOf<"listTokens">> {
    return this.#send("GET", ["tokens"], { query });
  }

  addToken(json: InputOf<"addToken">): Promise<AnswerOf<"addToken">> {
    return this.#send("POST", ["tokens"], { json });
  }

  revokeToken(label: string, query: InputOf<"revokeToken", "label">): Promise<AnswerOf<"revokeToken">> {
    return this.#send("DELETE", ["tokens", label], { query });
  }

  audit(query: InputOf<"searchAudit">): Promise<AnswerOf<"searchAudit">> {
    return this.#send("GET", ["audit"], { query });
  }

  /** What an operator does with the maildrop of a login, or its owner with his own. */
  maildropOf(login: string): MaildropApi {
    return new MaildropApi(this.#send, ["maildrops", login]);
  }

  ownMaildrop(): MaildropApi {
    return new MaildropApi(this.#send, ["me"]);
  }

  credentialsOf(login: string): CredentialsApi {
    return new CredentialsApi(this.#send, ["logins", login]);
  }

  ownCredentials(): CredentialsApi {
    return new CredentialsApi(this.#send, ["me"]);
  }

  fleetPolicy(): PolicyApi {
    return new PolicyApi(this.#send, []);
  }

  domainPolicy(domain: string): PolicyApi {
    return new PolicyApi(this.#send, ["domains", domain]);
  }

  loginPolicy(login: string): PolicyApi {
    return new PolicyApi(this.#send, ["logins", login]);
  }

  ownPolicy(): PolicyApi {
    return new PolicyApi(this.#send, ["me"]);
  }

  me(): Promise<AnswerOf<"showLogin">> {
    return this.#send("GET", ["me"]);
  }

  mySessions(): Promise<AnswerOf<"listSessions">> {
    return this.#send("GET", ["me", "sessions"], { query: { limit: 1000 } });
  }

  kickMine(query: InputOf<"kickSessions", "login">): Promise<AnswerOf<"kickSessions">> {
    return this.#send("DELETE", ["me", "sessions"], { query });
  }

  changeMyPassword(json: InputOf<"changeOwnPassword", "name">): Promise<AnswerOf<"changeOwnPassword">> {
    return this.#send("PUT", ["me", "password"], { json });
  }

  beginTotp(): Promise<AnswerOf<"beginTotp">> {
    return this.#send("POST", ["me", "totp"]);
  }

  confirmTotp(json: InputOf<"confirmTotp", "name">): Promise<AnswerOf<"confirmTotp">> {
    return this.#send("PUT", ["me", "totp"], { json });
  }

  disableMyTotp(): Promise<AnswerOf<"disableTotp">> {
    return this.#send("DELETE", ["me", "totp"]);
  }

  myAudit(query: InputOf<"searchAudit">): Promise<AnswerOf<"searchAudit">> {
    return this.#send("GET", ["me", "audit"], { query });
  }
}

/** Messages of one maildrop, and what was deleted from it. */
export class MaildropApi {
  readonly #send: Send;
  readonly #path: readonly string[];

  constructor(send: Send, path: readonly string[]) {
    this.#send = send;
    this.#path = path;
  }

  messages(query: InputOf<"listMessages", "login">): Promise<AnswerOf<"listMessages">> {
    return this.#send("GET", [...this.#path, "messages"], { query });
  }

  hidden(query: InputOf<"listHidden", "login">): Promise<AnswerOf<"listHidden">> {
    return this.#send("GET", [...this.#path, "hidden"], { query });
  }

  restore(json: InputOf<"restoreMessages", "login">): Promise<AnswerOf<"restoreMessages">> {
    return this.#send("POST", [...this.#path, "restore"], { json });
  }
}

/** What opens one login. */
export class CredentialsApi {
  readonly #send: Send;
  readonly #path: readonly string[];

  constructor(send: Send, path: readonly string[]) {
    this.#send = send;
    this.#path = path;
  }

  list(): Promise<AnswerOf<"listCredentials">> {
    return this.#send("GET", [...this.#path, "credentials"], { query: { limit: 1000 } });
  }

  addAppPassword(json: InputOf<"addAppPassword", "name">): Promise<AnswerOf<"addAppPassword">> {
    return this.#send("POST", [...this.#path, "app-passwords"], { json });
  }

  revokeAppPassword(label: string): Promise<AnswerOf<"revokeAppPassword">> {
    return this.#send("DELETE", [...this.#path, "app-passwords"], { query: { label } });
  }
}

/** The mail policy of a login, of a domain or of the fleet. */
export class PolicyApi {
  readonly #send: Send;
  readonly #path: readonly string[];

  constructor(send: Send, path: readonly string[]) {
    this.#send = send;
    this.#path = [...path, "mail-policy"];
  }

  show(): Promise<AnswerOf<"showMailPolicy">> {
    return this.#send("GET", this.#path);
  }

  set(json: InputOf<"setFleetMailPolicy">): Promise<AnswerOf<"setFleetMailPolicy">> {
    return this.#send("PUT", this.#path, { json });
  }

  clear(): Promise<AnswerOf<"clearFleetMailPolicy">> {
    return this.#send("DELETE", this.#path);
  }
}
