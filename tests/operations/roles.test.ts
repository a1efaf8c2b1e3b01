import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { LiveSession, Role } from "@poplar/maildrop";
import { operationNames } from "@poplar/operations";
import { Ajv2020 } from "ajv/dist/2020.js";
import { type Request, startAccessLab } from "./access-lab.ts";

// Two tenants with a domain and a login each. Tokens are for what is `ours`; what is `theirs` must not be
// there.

const lab = await startAccessLab({ after });
const { platform, ask } = lab;

const domainOf = { ours: "ours.test", theirs: "theirs.test" } as const;
type Side = keyof typeof domainOf;

for (const side of ["ours", "theirs"] as const) {
  const name = domainOf[side];
  await made("/tenants", { name: `${side}-tenant` });
  await made("/domains", { name, tenant: `${side}-tenant` });
  await made("/logins", { name: `alice@${name}`, password: "secret" });
  const message = "Subject: hi\r\n\r\nHello.\r\n";
  assert.equal(
    (await ask("POST", `/maildrops/alice@${name}/messages`, { token: platform, message })).status,
    201,
  );
}

const tokens: Readonly<Record<Role, string>> = {
  platform,
  tenant: await tokenFor({ label: "reseller", role: "tenant", tenant: "ours-tenant" }),
  domain: await tokenFor({ label: "postmaster", role: "domain", domain: "ours.test" }),
  self: String((await ask("POST", "/me/token", { basic: "alice@ours.test:secret" })).body["token"]),
};
// A minute has 120 requests of an owner: the tests that try everything share them out.
await made("/logins", { name: "dora@ours.test", password: "secret" });
const dora = String((await ask("POST", "/me/token", { basic: "dora@ours.test:secret" })).body["token"]);
const label = "theirs";
await tokenFor({ label, role: "domain", domain: "theirs.test" });

async function made(path: string, json: object): Promise<Record<string, unknown>> {
  const { status, body, text } = await ask("POST", path, { token: platform, json });
  assert.equal(status, 201, text);
  return body;
}

async function tokenFor(json: object): Promise<string> {
  return String((await made("/tokens", json))["token"]);
}

const session = (sessionId: string, login: string | undefined): LiveSession => ({
  sessionId,
  login,
  listener: "pop3",
  address: "192.0.2.1",
  mechanism: "USER",
  tlsVersion: undefined,
  sinceMs: 0,
  commands: 0,
  octetsSent: 0,
});

interface Call extends Request {
  readonly method: string;
  readonly path: string;
}

const get = (path: string): Call => ({ method: "GET", path });
const remove = (path: string): Call => ({ method: "DELETE", path });
const post = (path: string, json: object = {}): Call => ({ method: "POST", path, json });
const put = (path: string, json: object): Call => ({ method: "PUT", path, json });

/** A request to do it to somebody; everything that exists must be here. */
const calls = (side: Side): Readonly<Record<string, Call>> => ({ ...loginCalls(side), ...mailCalls(side) });

function loginCalls(side: Side): Readonly<Record<string, Call>> {
  const domain = domainOf[side];
  const login = `/logins/alice@${domain}`;
  const subject = { kind: "client-certificate", subject: `email:alice@${domain}` };
  return {
    "show-access": get("/access"),
    "show-server": get("/server"),
    "show-statistics": get("/statistics"),
    "reseal-secrets": post("/secrets/reseal"),
    "add-tenant": post("/tenants", { name: `new-${side}` }),
    "list-tenants": get("/tenants"),
    "show-tenant": get(`/tenants/${side}-tenant`),
    "remove-tenant": remove(`/tenants/${side}-tenant`),
    "move-domain": put(`/domains/${domain}/tenant`, { tenant: `${side}-tenant` }),
    "add-token": post("/tokens", { label: `made-${side}`, role: "domain", domain }),
    "list-tokens": get("/tokens"),
    "revoke-token": remove(`/tokens/${side}`),
    "add-domain": post("/domains", { name: `new.${domain}`, tenant: `${side}-tenant` }),
    "list-domains": get("/domains"),
    "show-domain-records": get(`/domains/${domain}/records`),
    "remove-domain": remove(`/domains/${domain}`),
    "add-login": post("/logins", { name: `bob@${domain}`, password: "x" }),
    "add-host": post("/hosts", { name: domain, password: "x" }),
    "add-host-view": post("/host-views", { name: `carol@${domain}` }),
    "import-logins": post("/login-imports", { domain, lines: [] }),
    "list-logins": get("/logins"),
    "show-login": get(login),
    "remove-login": remove(login),
    "disable-login": post(`${login}/disable`),
    "enable-login": post(`${login}/enable`),
    "restrict-login": put(`${login}/restrictions`, {}),
    "set-password": put(`${login}/password`, { password: "changed" }),
    "set-second-password": put(`${login}/second-password`, { password: "x" }),
    "remove-second-password": remove(`${login}/second-password`),
    "list-credentials": get(`${login}/credentials`),
    "add-app-password": post(`${login}/app-passwords`, { label: "phone" }),
    "revoke-app-password": remove(`${login}/app-passwords?label=phone`),
    "enrol-totp": post(`${login}/totp`),
    "disable-totp": remove(`${login}/totp`),
    "add-subject": post(`${login}/subjects`, subject),
    "remove-subject": remove(`${login}/subjects?${new URLSearchParams(subject).toString()}`),
  };
}

function mailCalls(side: Side): Readonly<Record<string, Call>> {
  const domain = domainOf[side];
  const alice = `alice@${domain}`;
  const login = `/logins/${alice}`;
  const maildrop = `/maildrops/${alice}`;
  const received = "2026-01-02T03:04:05Z";
  const message = "Subject: x\r\n\r\n";
  return {
    "add-address": post("/addresses", { address: `sales@${domain}`, login: "alice@ours.test" }),
    "remove-address": remove(`/addresses/${alice}`),
    "list-maildrops": get("/maildrops"),
    "show-maildrop": get(maildrop),
    "set-quota": put(`${maildrop}/quota`, { quotaOctets: null }),
    "list-messages": get(`${maildrop}/messages`),
    "deliver-message": { method: "POST", path: `${maildrop}/messages`, message },
    "show-mail-policy": get(`${login}/mail-policy`),
    "set-mail-policy": put(`${login}/mail-policy`, {}),
    "clear-mail-policy": remove(`${login}/mail-policy`),
    "show-domain-mail-policy": get(`/domains/${domain}/mail-policy`),
    "set-domain-mail-policy": put(`/domains/${domain}/mail-policy`, {}),
    "clear-domain-mail-policy": remove(`/domains/${domain}/mail-policy`),
    "show-fleet-mail-policy": get("/mail-policy"),
    "set-fleet-mail-policy": put("/mail-policy", {}),
    "clear-fleet-mail-policy": remove("/mail-policy"),
    "list-hidden-messages": get(`${maildrop}/hidden`),
    "restore-messages": post(`${maildrop}/restore`),
    "purge-messages": post(`${maildrop}/purge`),
    "import-message": {
      method: "POST",
      path: `${maildrop}/imports?uniqueId=x&receivedAt=${received}`,
      message,
    },
    "find-used-unique-ids": post(`${maildrop}/used-unique-ids`, { uniqueIds: ["x"] }),
    "digest-messages": post(`${maildrop}/digests`, { uniqueIds: ["x"] }),
    "list-sessions": get("/sessions"),
    "kick-sessions": remove(`/sessions?sessionId=${side}`),
    "show-lease": get(`/leases/${alice}`),
    "break-lease": remove(`/leases/${alice}`),
    "search-audit": get("/audit"),
  };
}

// Said here again, and not taken from the table: whoever changes one of them has to mean it.
const forPlatformOnly = words(
  `show-server show-statistics reseal-secrets add-tenant list-tenants show-tenant remove-tenant
  move-domain show-fleet-mail-policy set-fleet-mail-policy clear-fleet-mail-policy`,
);
const notForDomains = words("add-token list-tokens revoke-token add-domain remove-domain");
const forOwners =
  words(`show-access show-login list-credentials add-app-password revoke-app-password disable-totp
  show-maildrop list-messages show-mail-policy list-hidden-messages restore-messages list-sessions
  kick-sessions search-audit`);
/** Those that show what there is, without being told of what. */
const lists = words(
  "show-access list-tokens list-domains list-logins list-maildrops list-sessions search-audit",
);

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/));
}

function mayDo(role: Role, operation: string): boolean {
  switch (role) {
    case "platform":
      return true;
    case "tenant":
      return !forPlatformOnly.has(operation);
    case "domain":
      return !forPlatformOnly.has(operation) && !notForDomains.has(operation);
    case "self":
      return forOwners.has(operation);
  }
}

const ownersAlone = words("change-own-password begin-totp confirm-totp");

test("every use case that exists is in this matrix", () => {
  const known = new Set([...Object.keys(calls("ours")), ...ownersAlone]);
  assert.deepEqual([...known].toSorted(), [...operationNames].toSorted());
});

const everything = async (): Promise<unknown> => {
  const tables = ["tenant", "domain", "login", "address", "credential", "message", "access_token"];
  const rows = tables.map(async (table) => {
    const hidden = table === "access_token" ? " - 'last_used_at'" : "";
    return lab.query(`select to_jsonb(t)${hidden} as row from ${table} t
      where to_jsonb(t)::text like '%theirs%' or to_jsonb(t)->>'login_id' in
        (select login_id::text from login where name like '%theirs%')
      order by 1::text`);
  });
  return Promise.all(rows);
};

for (const role of ["tenant", "domain", "self"] as const) {
  test(`${role}: each use case, done to somebody else, is forbidden or finds nothing, and changes nothing`, async () => {
    lab.sessions.splice(0, Infinity, session("theirs", "alice@theirs.test"), session("nobody", undefined));
    const before = await everything();
    const token = role === "self" ? dora : tokens[role];
    for (const [operation, { method, path, ...request }] of Object.entries(calls("theirs"))) {
      const { status, body, text } = await ask(method, path, { ...request, token });
      const what = `${operation}: ${text}`;
      if (!mayDo(role, operation)) assert.deepEqual([status, body["code"]], [403, "forbidden"], what);
      else if (lists.has(operation)) {
        assert.equal(status, 200, what);
        assert.doesNotMatch(text, /alice@theirs|"theirs\.test"|"theirs"|"nobody"/, what);
      } else assert.deepEqual([status, body["code"]], [404, "not-found"], what);
    }
    assert.deepEqual(await everything(), before);
    assert.equal(lab.sessions.length, 2);
  });
}

test("what says it in a filter finds nothing of somebody else either", async () => {
  lab.sessions.splice(
    0,
    Infinity,
    session("theirs", "alice@theirs.test"),
    session("ours", "alice@ours.test"),
  );
  const audited = await ask("GET", "/audit?subject=alice@theirs.test", { token: platform });
  assert.match(audited.text, /add-login/);
  for (const role of ["tenant", "domain", "self"] as const) {
    const token = tokens[role];
    const filters = ["/sessions?login=alice@theirs.test", "/logins?domain=theirs.test"];
    for (const path of [...filters, "/domains?tenant=theirs-tenant"]) {
      assert.ok([403, 404].includes((await ask("GET", path, { token })).status), `${role} ${path}`);
    }
    const listed = await ask("GET", "/sessions?address=192.0.2.1", { token });
    assert.match(listed.text, /"ours"/);
    assert.doesNotMatch(listed.text, /theirs/);
    const audit = await ask("GET", "/audit?subject=alice@theirs.test", { token });
    assert.deepEqual(audit.body["entries"], []);
    const following = await ask("GET", "/logins?after=alice@ours.test", { token });
    assert.doesNotMatch(following.text, /theirs/);
    const lines = ["alice@theirs.test:{PLAIN}x", "mallory@theirs.test:{PLAIN}x"];
    const imported = await ask("POST", "/login-imports", { token, json: { lines } });
    assert.doesNotMatch(imported.text, /"added"|"exists"/);
  }
  await ask("DELETE", "/sessions?address=192.0.2.1", { token: tokens.domain });
  assert.deepEqual(
    lab.sessions.map(({ sessionId }) => sessionId),
    ["theirs"],
  );
});

test("nobody makes a token that may do more than he", async () => {
  for (const json of [
    { label: "more", role: "platform" },
    { label: "more", role: "tenant", tenant: "theirs-tenant" },
    { label: "more", role: "domain", domain: "theirs.test" },
  ]) {
    const { status } = await ask("POST", "/tokens", { token: tokens.tenant, json });
    assert.ok([403, 404].includes(status), JSON.stringify(json));
  }
  const own = { label: "own", role: "domain", domain: "ours.test" };
  assert.equal((await ask("POST", "/tokens", { token: tokens.tenant, json: own })).status, 201);
});

test("within its scope each role may do what it may, and the answers are what OpenAPI says", async () => {
  const description = await ask("GET", "/openapi.json");
  const schemas = schemasIn(description.body);
  lab.sessions.splice(0, Infinity, session("ours", "alice@ours.test"));
  await tokenFor({ label: "ours", role: "domain", domain: "ours.test" });
  for (const role of ["self", "domain", "tenant", "platform"] as const) {
    for (const [operation, { method, path, ...request }] of Object.entries(calls("ours"))) {
      // What would end the test, or the tokens.
      if (/^remove-(login|domain|tenant)$|^(move-domain|set-password|add-host|enrol-totp)$/.test(operation))
        continue;
      const { status, body, text } = await ask(method, path, { ...request, token: tokens[role] });
      const what = `${role} ${operation}: ${status} ${text}`;
      assert.equal(status === 403, !mayDo(role, operation), what);
      if (status === 200 || status === 201)
        schemas.check(operation, text.startsWith("[") ? JSON.parse(text) : body);
      else assert.ok([204, 403, 404, 409].includes(status), what);
    }
  }
});

function schemasIn(document: Record<string, unknown>) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const byOperation = new Map<string, object>();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is not so fails below
  const { paths } = document as { paths: Record<string, Record<string, OpenApiOperation>> };
  for (const operations of Object.values(paths)) {
    for (const { operationId, responses } of Object.values(operations)) {
      const schema = (responses["200"] ?? responses["201"])?.content?.["application/json"].schema;
      if (schema !== undefined) byOperation.set(operationId, schema);
    }
  }
  return {
    check: (operation: string, answer: unknown): void => {
      const schema = byOperation.get(operation);
      assert.ok(schema !== undefined, `${operation} is not described`);
      assert.ok(ajv.validate(schema, answer), `${operation}: ${ajv.errorsText()} ${JSON.stringify(answer)}`);
    },
  };
}

interface OpenApiOperation {
  readonly operationId: string;
  readonly responses: Record<string, { content?: { "application/json": { schema: object } } }>;
}
