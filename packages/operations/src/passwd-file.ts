/** One line of a Dovecot passwd-file, of shadow, or of anything between. */
export interface PasswdLine {
  /** As it stands there. */
  readonly name: string;
  /** `{SCHEME}…`, `$6$…`; empty where there is none. */
  readonly password: string;
  readonly isLocked: boolean;
  /** From `allow_nets`. */
  readonly networks: readonly string[];
  /** From `userdb_quota_rule`, for all mail; `undefined`: none. */
  readonly quotaOctets: number | undefined;
}

/** Columns of a passwd-file in front of its extra fields: name, password, uid, gid, gecos, home, shell. */
const columns = 7;

/** Shadow and passwd write so where nobody shall get in by a password. */
const locks = /^(?:x|\*.*|!.*)$/;

/**
 * Reads a line `name:password:uid:gid:gecos:home:shell:extra fields`, of which the name is enough.
 *
 * A `:` in a plaintext password cannot be told from the end of it; Dovecot writes none.
 *
 * @returns `undefined` for an empty line or a comment, and a sentence for what is no line.
 */
export function parsePasswdLine(line: string): PasswdLine | string | undefined {
  const text = line.replace(/\r$/, "");
  if (text.trim() === "" || text.startsWith("#")) return undefined;
  const fields = text.split(":");
  const [name = "", password = ""] = fields;
  if (name === "") return "it has no name";
  if (fields.length < 2) return "it has no password field";
  const extra = extraFields(fields.slice(columns).join(":"));
  const isLocked = locks.test(password) || isYes(extra.get("nologin")) || isYes(extra.get("nopassword"));
  return {
    name,
    password: locks.test(password) ? "" : password,
    isLocked,
    networks: (extra.get("allow_nets") ?? "").split(",").filter((network) => network !== ""),
    quotaOctets: quotaOf(extra.get("userdb_quota_rule")),
  };
}

/** `name=value` with blanks between; a name alone is switched on. */
const extraFields = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text
      .split(/\s+/)
      .filter((field) => field !== "")
      .map((field): [string, string] => {
        const at = field.indexOf("=");
        return at === -1 ? [field, "y"] : [field.slice(0, at), field.slice(at + 1)];
      }),
  );

const isYes = (value: string | undefined): boolean =>
  value !== undefined && !["no", "n", "0", "false"].includes(value.toLowerCase());

const unitOctets: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["B", 1],
  ["K", 1024],
  ["M", 1024 ** 2],
  ["G", 1024 ** 3],
  ["T", 1024 ** 4],
]);

/** `*:storage=1G` or `*:bytes=1000000`; a number alone after `storage` is in KiB. */
function quotaOf(rule: string | undefined): number | undefined {
  const {
    key,
    digits,
    unit = "",
  } = /^\*:(?<key>storage|bytes)=(?<digits>\d{1,12})(?<unit>[BKMGT]?)$/i.exec(rule ?? "")?.groups ?? {};
  if (digits === undefined) return undefined;
  const scale = key?.toLowerCase() === "storage" && unit === "" ? "K" : unit.toUpperCase();
  return Number(digits) * (unitOctets.get(scale) ?? 1);
}
