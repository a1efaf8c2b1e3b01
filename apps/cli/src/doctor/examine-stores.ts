import { readFileSync } from "node:fs";
import { type Config, parseRedisTarget } from "@poplar/config";
import type { RedisInspection } from "@poplar/lease";
import type { MigrationStatus, PostgresInspection } from "@poplar/storage";
import { clockFinding } from "./examine-clock.ts";
import type { BadFinding, Finding } from "./finding.ts";

const postgresVersionMin = 150_000;
const redisVersionMin = "6.2";

/** What must be on, or what was acknowledged may be lost, or the database falls asleep. */
const wanted: readonly (readonly [setting: string, isRight: (value: string) => boolean, advice: string])[] = [
  [
    "fsync",
    (value) => value === "on",
    "Set fsync = on: a crash of the host destroys the database otherwise.",
  ],
  [
    "full_page_writes",
    (value) => value === "on",
    "Set full_page_writes = on: a crash of the host destroys pages otherwise.",
  ],
  ["autovacuum", (value) => value === "on", "Set autovacuum = on: listings become slow without it."],
];

/** Looks at the Postgres that the configuration names, itself. */
export async function examinePostgres({ postgresUrl }: Config): Promise<readonly Finding[]> {
  if (postgresUrl === undefined) return [];
  const { inspectPostgres, migrationStatus, StorageError } = await import("@poplar/storage");
  try {
    const inspection = await inspectPostgres(postgresUrl);
    return [...postgresFindings(inspection), schemaFinding(await migrationStatus(postgresUrl))];
  } catch (err) {
    if (!(err instanceof StorageError)) throw err;
    return [
      {
        verdict: "wrong",
        check: "postgres",
        detail: `cannot be asked: ${err.message || err.code}`,
        advice: "See that it runs, that POPLAR_POSTGRES_URL is right, and what its pg_hba.conf says.",
      },
    ];
  }
}

function postgresFindings(inspection: PostgresInspection): readonly Finding[] {
  const { version, versionNumber, isInRecovery, settings, connections } = inspection;
  const findings: Finding[] = [];
  const check = "postgres";
  const add = (verdict: BadFinding["verdict"], detail: string, advice: string): void => {
    findings.push({ verdict, check, detail, advice });
  };
  if (versionNumber >= postgresVersionMin)
    findings.push({ verdict: "fine", check, detail: `version ${version}` });
  else add("wrong", `version ${version}`, "Poplar needs Postgres 15 or newer.");
  if (isInRecovery) add("wrong", "it is a standby", "Name the primary: a standby takes no mail.");
  for (const [name, isRight, advice] of wanted) {
    const value = settings.get(name) ?? "";
    if (!isRight(value)) add("wrong", `${name} = ${value}`, advice);
  }
  const commit = settings.get("synchronous_commit") ?? "";
  if (["off", "local"].includes(commit)) {
    add("doubtful", `synchronous_commit = ${commit}`, "Poplar sets it itself; other programs do not.");
  }
  const max = Number(settings.get("max_connections"));
  if (connections > max * connectionsShareMax) {
    add(
      "doubtful",
      `${connections} of ${max} connections are taken`,
      "Raise max_connections, or use fewer workers.",
    );
  }
  if (settings.get("shared_buffers") === "128MB") {
    add("doubtful", "shared_buffers = 128MB", "That is the default; a quarter of the memory suits mail.");
  }
  return [...findings, clockFinding("postgres", inspection.aheadMs)];
}

const connectionsShareMax = 0.8;

function schemaFinding({ pending, later }: MigrationStatus): Finding {
  const check = "schema";
  if (pending.length > 0) {
    const advice = "Bring it up to date: poplar db migrate. A server does so when it starts.";
    return { verdict: "wrong", check, detail: `lacks ${pending.join(", ")}`, advice };
  }
  if (later.length > 0) {
    const advice = "Upgrade this host, too: a schema works with the version before it, and with none older.";
    return { verdict: "doubtful", check, detail: `a newer version has added ${later.join(", ")}`, advice };
  }
  return { verdict: "fine", check, detail: "is up to date" };
}

/** Looks at the Redis that the configuration names, itself. */
export async function examineRedis({ redisUrl, redisTlsCa }: Config): Promise<readonly Finding[]> {
  const target = redisUrl === undefined ? undefined : parseRedisTarget(redisUrl);
  if (target === undefined) return [];
  const { inspectRedis } = await import("@poplar/lease");
  const tls = redisTlsCa === undefined ? undefined : { ca: readFileSync(redisTlsCa) };
  try {
    return redisFindings(await inspectRedis(target, tls));
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    return [
      {
        verdict: "wrong",
        check: "redis",
        detail: `cannot be asked: ${reason}`,
        advice: "See that it runs, that POPLAR_REDIS_URL is right, and that its user may use INFO and TIME.",
      },
    ];
  }
}

function redisFindings(inspection: RedisInspection): readonly Finding[] {
  const { version, role, maxmemoryPolicy, maxmemoryOctets, isPersistent, aheadMs } = inspection;
  const findings: Finding[] = [];
  const check = "redis";
  const add = (verdict: BadFinding["verdict"], detail: string, advice: string): void => {
    findings.push({ verdict, check, detail, advice });
  };
  if (isAtLeast(version, redisVersionMin))
    findings.push({ verdict: "fine", check, detail: `version ${version}` });
  else add("wrong", `version ${version}`, `Poplar needs Redis ${redisVersionMin} or newer.`);
  if (role !== "master") add("wrong", "it is a replica", "Name the primary, or the Sentinels.");
  if (maxmemoryPolicy !== "noeviction") {
    add(
      maxmemoryOctets > 0 ? "wrong" : "doubtful",
      `maxmemory-policy = ${maxmemoryPolicy}`,
      "Set maxmemory-policy noeviction: a lease that is evicted lets a second session in.",
    );
  }
  if (isPersistent) {
    add("doubtful", "appendonly = yes", "Set appendonly no: stale leases hold maildrops after a restart.");
  }
  return [...findings, clockFinding("redis", aheadMs)];
}

function isAtLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split(".").map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
