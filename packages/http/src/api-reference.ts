import { describeOperation, operationNames, roles, rolesOf, summaryOf } from "@poplar/operations";
import { describedRoutes, pathOf } from "./openapi.ts";
import { isOwn } from "./operation-routes.ts";

/** The page on the API, made from its routes and the table of roles. */
export function apiReference(): string {
  const routes = describedRoutes.map((route) => {
    const { name, summary, roles: all } = describeOperation(route.operation);
    const who = isOwn(route) ? "self" : all.filter((role) => role !== "self").join(", ");
    return [`\`${route.method} /v1${pathOf(route)}\``, summary, who, `\`${name}\``];
  });
  const matrix = operationNames.map((name) => {
    const marks = roles.map((role) => (rolesOf(name).includes(role) ? "yes" : ""));
    return [`\`${name}\``].concat(marks, summaryOf(name));
  });
  return `${introduction}
## Routes

${table(["request", "what it does", "roles", "use case"], routes)}
## Roles

${table(["use case", ...roles, "what it is"], matrix)}`;
}

const introduction = `# The API

Generated from the routes and the schemas that check them: \`npm run docs\`. The same as OpenAPI 3.1, with
every field, is served at \`/v1/openapi.json\`.

Whoever asks shows a token: \`Authorization: Bearer …\`. The server makes one for everything when it first
starts (the file \`api-token\` in its data folder). Others are made for everything, for a tenant or for one
domain, have a label, can end by themselves, and can be taken back. What lies outside of what a token is
for is answered as if it did not exist.

\`\`\`sh test
npx poplar token add --label signup-form --domain example.test --expires 90d
npx poplar token list
npx poplar token revoke --label signup-form
\`\`\`

Over the API that is \`POST /v1/tokens\`, \`GET /v1/tokens\` and \`DELETE /v1/tokens/{label}\`. The token is shown
once, when it is made; only what it is compared with is stored.

The owner of a login gets a token for a quarter of an hour with \`POST /v1/me/token\`: HTTP Basic with the
name and the main password of the login, and the header \`One-Time-Code\` where the login has one-time codes.
App passwords do not open it. The attempt is counted, slowed down and audited as one by POP is. Without TLS
it is refused, but from this host: put a proxy in front that does TLS and sends \`X-Forwarded-For\` and
\`X-Forwarded-Proto\`; they are believed from loopback addresses.

- Lists come in slices: \`limit\` (1 to 1000), and \`after\` with the \`next\` of the slice before. Those of
  sessions and leases are of the moment in which each slice is asked for.
- What was not done is a problem document (RFC 9457) with a stable \`code\` and a sentence.
- A POST with an \`Idempotency-Key\` is done once, however often it is sent within a day; the same key with
  another request is answered with 422.
- In a minute a token of a tenant has 1200 requests, one of a domain 600, one of an owner 120, and an address
  without a valid token 60; beyond that, 429 with \`Retry-After\`. Redis counts for all processes together; while it
  is away, each counts for itself. Tokens for everything have no limit.
- A JSON body may have 64 KiB; a message (\`message/rfc822\`) what deliveries may have.
- Every change is in the audit with who did it: the label of the token, or the login.
`;

/** Columns as wide as what is in them, as the formatter wants it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, at) => Math.max(cell.length, 3, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |\n`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return line(head) + rule + rows.map(line).join("");
}
