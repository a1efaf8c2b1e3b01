/**
 * Where Redis is: one server, a group of replicas that Sentinels watch, or a Cluster. Each URL names one
 * host.
 *
 * `master` has the name of the group for a host, and what is needed to log in to its servers.
 */
export type RedisTarget =
  | { readonly kind: "single"; readonly url: string }
  | { readonly kind: "sentinel"; readonly sentinels: readonly string[]; readonly master: string }
  | { readonly kind: "cluster"; readonly nodes: readonly string[] };

/**
 * Takes the setting apart:
 *
 * - `redis://user:password@host:port/database`
 * - `redis+sentinel://user:password@host:port,host:port/group/database?sentinel-user=…&sentinel-password=…`
 * - `redis+cluster://user:password@host:port,host:port`
 *
 * `rediss` in place of `redis` speaks TLS, with Sentinels too.
 *
 * @returns `undefined` when it is none of these.
 */
export function parseRedisTarget(text: string): RedisTarget | undefined {
  const parts = FORM.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const { scheme = "", kind, login = "", hosts = "", path = "", query = "" } = parts;
  const urlsFor = (credentials: string): readonly string[] =>
    hosts.split(",").map((host) => `${scheme}://${credentials}${host}`);
  if (!urlsFor(login).every((url) => URL.canParse(url) && new URL(url).hostname !== "")) return undefined;
  if (kind === "sentinel") {
    const [, group, database] = /^\/([\w.-]+)(\/\d+)?$/.exec(path) ?? [];
    const sentinelLogin = loginIn(query);
    if (group === undefined || sentinelLogin === undefined) return undefined;
    return {
      kind,
      sentinels: urlsFor(sentinelLogin),
      master: `${scheme}://${login}${group}${database ?? ""}`,
    };
  }
  if (query !== "") return undefined;
  if (kind === "cluster") return path === "" || path === "/" ? { kind, nodes: urlsFor(login) } : undefined;
  return hosts.includes(",") || !/^(\/\d*)?$/.test(path) ? undefined : { kind: "single", url: text };
}

/** A login may hold an `@`, a host not. */
const FORM = new RegExp(
  String.raw`^(?<scheme>rediss?)(?:\+(?<kind>sentinel|cluster))?://` +
    String.raw`(?<login>.*@)?(?<hosts>[^@/?#]+)(?<path>/[^?#]*)?(?:\?(?<query>[^#]+))?$`,
);

/** How Sentinels are logged in to, as it stands in a URL; `undefined` when the query says anything else. */
function loginIn(query: string): string | undefined {
  const asked = new URLSearchParams(query);
  const known = new Set(["sentinel-user", "sentinel-password"]);
  if ([...asked.keys()].some((name) => !known.has(name))) return undefined;
  const [user, password] = [asked.get("sentinel-user") ?? "", asked.get("sentinel-password") ?? ""];
  if (user === "" && password === "") return "";
  return `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
}
