import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type TestContext, test } from "node:test";
import { type AppName, appNames, ConfigError, type Environment, readConfig } from "@poplar/config";
import { generate } from "selfsigned";
import { parse } from "yaml";
import { temporaryFolder } from "../fixtures/foreign-client.ts";
import { runProgram } from "../fixtures/run-program.ts";

const root = resolve(import.meta.dirname, "../..");
const infra = join(root, "infra");
const textOf = (path: string): string => readFileSync(join(infra, path), "utf8");

interface Service {
  readonly command?: readonly string[];
  readonly profiles?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly ports?: readonly string[];
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** A list of names, or a list of names with conditions. */
const namesIn = (needed: Service["depends_on"] = []): readonly string[] =>
  isList(needed) ? needed : Object.keys(needed);
const isList = (needed: NonNullable<Service["depends_on"]>): needed is readonly string[] =>
  Array.isArray(needed);

const isCompose = (file: unknown): file is Compose =>
  typeof file === "object" && file !== null && "services" in file && "secrets" in file;

function readCompose(): Compose {
  const compose: unknown = parse(textOf("docker/compose.yaml"), { merge: true });
  ok(isCompose(compose));
  return compose;
}

/** Folders beside the compose file that are not in this repository. */
const operatorsOwn: ReadonlySet<string> = new Set(["./tls", "./kerberos"]);

const isApp = (name: string): name is AppName => appNames.some((app) => app === name);

function keyAndValue(line: string): [string, string] {
  const [key = "", value = ""] = line.split("=");
  return [key, value];
}

/** Sees that an app takes these settings, by environment and by config file. */
function assertTaken(app: string, env: Environment, configFile?: string): void {
  ok(isApp(app), app);
  try {
    readConfig({ app, argv: configFile === undefined ? [] : [`--config=${configFile}`], env });
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err;
    throw new Error(`${app}: ${err.message}`, { cause: err });
  }
}

/** Files such as an operator makes: a certificate, and URLs in files of their own. */
async function operatorsFiles(t: TestContext): Promise<string> {
  const folder = temporaryFolder(t);
  const { cert, private: key } = await generate([{ name: "commonName", value: "pop.example.test" }]);
  mkdirSync(join(folder, "tls"));
  writeFileSync(join(folder, "tls/tls.crt"), cert);
  writeFileSync(join(folder, "tls/tls.key"), key);
  writeFileSync(join(folder, "postgres-url"), "postgres://poplar:secret@db.example.test/poplar\n");
  writeFileSync(join(folder, "redis-url"), "redis://cache.example.test:6379\n");
  mkdirSync(join(folder, "kerberos"));
  for (const keytab of ["pop.keytab", "kerberos/pop.keytab"]) writeFileSync(join(folder, keytab), "");
  return folder;
}

test("systemd finds nothing wrong with the unit", async (t) => {
  const folder = temporaryFolder(t);
  const unit = textOf("systemd/poplar@.service").replaceAll("/opt/poplar", root);
  writeFileSync(join(folder, "poplar@.service"), unit);
  for (const app of ["pop3", "pop3s", "kpop", "lmtp", "api"]) {
    ok(existsSync(join(root, `apps/${app}/src/main.ts`)), app);
    const file = join(folder, `poplar@${app}.service`);
    const { exitCode, stderr } = await runProgram("systemd-analyze", ["verify", "--man=no", file]);
    deepStrictEqual([exitCode, stderr], [0, ""]);
  }
});

test("systemd calls the unit safe", async (t) => {
  const file = join(temporaryFolder(t), "poplar@.service");
  writeFileSync(file, textOf("systemd/poplar@.service"));
  const limit = ["security", "--offline=true", "--threshold=20", "--no-pager", file];
  const { exitCode, stdout } = await runProgram("systemd-analyze", limit);
  strictEqual(exitCode, 0, stdout.toString().slice(-300));
});

test("the examples beside the unit are settings that the apps take", async (t) => {
  const folder = await operatorsFiles(t);
  const file = join(folder, "poplar.yaml");
  writeFileSync(file, textOf("systemd/poplar.yaml.example").replaceAll("/etc/poplar", folder));
  const envOf = (name: string): Environment => {
    const lines = textOf(`systemd/${name}.env.example`).replaceAll("/etc/poplar", folder);
    return Object.fromEntries((lines.match(/^POPLAR_\w+=.*$/gm) ?? []).map(keyAndValue));
  };
  for (const app of ["pop3", "pop3s", "lmtp"]) assertTaken(app, envOf("poplar"), file);
  assertTaken("kpop", envOf("kpop"), file);
  assertTaken("api", envOf("api"), file);
  // As kpop.env.example says.
  for (const app of ["pop3", "pop3s"]) assertTaken(app, envOf("kpop"), file);
  const portOf = (name: string): string | undefined => envOf(name)["POPLAR_HTTP_PORT"];
  strictEqual(new Set(["poplar", "kpop", "api"].map(portOf)).size, 3, "one host may run all of them");
});

test("HAProxy takes its configuration, and asks for servers that the compose file has", async () => {
  const { stdout, stderr } = await runProgram("haproxy", ["-c", "-f", join(infra, "haproxy/haproxy.cfg")]);
  // Names that are not known on this host are the only thing that it may mention.
  const said = `${stdout.toString()}${stderr}`;
  const complaints = said.split("\n").filter((line) => /WARNING|ALERT/.test(line));
  deepStrictEqual(
    complaints.filter((line) => !/could not resolve address/.test(line)),
    [],
  );
  match(said, /Configuration file is valid/);

  const { services } = readCompose();
  const servers = [...textOf("haproxy/haproxy.cfg").matchAll(/^ +server (\S+) (\S+):(\d+)/gm)];
  const listed = new Set(servers.map(([, name]) => name));
  for (const name of Object.keys(services).filter((one) => /^(?:pop3s?|kpop|lmtp)-/.test(one))) {
    ok(listed.has(name), `${name} gets no clients`);
  }
  for (const [, name = "", address = "", port] of servers) {
    const service = services[name];
    const app = service?.command?.[0] ?? "";
    strictEqual(service?.environment?.[`POPLAR_${app.toUpperCase()}_PORT`], port, address);
  }
});

test("HAProxy takes the configuration that leads to the primary of Postgres", async () => {
  const { stdout, stderr } = await runProgram("haproxy", ["-c", "-f", join(infra, "patroni/haproxy.cfg")]);
  const said = `${stdout.toString()}${stderr}`;
  const complaints = said.split("\n").filter((line) => /WARNING|ALERT/.test(line));
  deepStrictEqual(
    complaints.filter((line) => !/could not resolve address/.test(line)),
    [],
  );
  match(said, /Configuration file is valid/);
});

test("every service of the compose file has what it names", () => {
  const compose = readCompose();
  for (const [name, service] of Object.entries(compose.services)) {
    for (const secret of service.secrets ?? []) ok(secret in compose.secrets, `${name}: ${secret}`);
    for (const needed of namesIn(service.depends_on)) ok(needed in compose.services, needed);
    for (const volume of service.volumes ?? []) {
      const [source = ""] = volume.split(":");
      if (!source.startsWith(".")) ok(source in compose.volumes, `${name}: ${source}`);
      else ok(operatorsOwn.has(source) || existsSync(join(infra, "docker", source)), `${name}: ${source}`);
    }
    if (service.build === undefined) continue;
    const context = join(infra, "docker", service.build.context);
    ok(existsSync(join(context, service.build.dockerfile)), name);
    ok(existsSync(join(root, `apps/${service.command?.[0]}/src/main.ts`)), name);
  }
});

test("every front end of the compose file takes its settings, and secrets are never in them", async (t) => {
  const folder = await operatorsFiles(t);
  for (const [name, { build, command, environment = {} }] of Object.entries(readCompose().services)) {
    for (const [variable, value] of Object.entries(environment)) {
      if (/PASSWORD|_URL|TOKEN/.test(variable)) match(value, /^\/run\/secrets\//, `${name}: ${variable}`);
    }
    if (build === undefined) continue;
    const env = Object.fromEntries(
      Object.entries(environment).map(([variable, value]) => [
        variable,
        value.replace(/^\/run\/secrets|^\/etc\/poplar/, folder),
      ]),
    );
    assertTaken(command?.[0] ?? "", env);
  }
});

test("only mail servers of the host reach LMTP, which asks nobody who they are", () => {
  const ports = Object.values(readCompose().services).flatMap((service) => service.ports ?? []);
  deepStrictEqual(ports.toSorted(), ["1109:1109", "110:110", "127.0.0.1:24:24", "995:995"]);
});

test("secrets are neither committed nor copied into the image", () => {
  const [git, docker] = [".gitignore", ".dockerignore"].map((name) => readFileSync(join(root, name), "utf8"));
  for (const folder of ["infra/docker/secrets", "infra/docker/tls", "infra/docker/kerberos"]) {
    ok(git?.includes(`/${folder}/\n`), folder);
    ok(docker?.includes(`${folder}\n`), folder);
  }
});

test("KPOP waits for who has a keytab, and the image has the libraries of Kerberos", () => {
  const services = Object.entries(readCompose().services);
  for (const [name, { command, profiles, environment = {}, volumes = [] }] of services) {
    deepStrictEqual(profiles, command?.[0] === "kpop" ? ["kerberos"] : undefined, name);
    if (command?.[0] !== "kpop") continue;
    for (const variable of ["POPLAR_KERBEROS_KEYTAB", "KRB5_CONFIG"]) {
      const [, target] = volumes.find((volume) => volume.startsWith("./kerberos:"))?.split(":") ?? [];
      ok(environment[variable]?.startsWith(`${target}/`), `${name}: ${variable}`);
    }
  }
  const [, runtime = ""] = textOf("docker/Dockerfile").split(/^FROM .*(?<!AS build)$/m);
  match(runtime, /apt-get install .*\blibkrb5-3 libgssapi-krb5-2\b/);
});

test("each app that the entry point names is one", () => {
  const named = /usage: poplar (\S+) \[FLAGS\]/.exec(textOf("docker/entrypoint.sh"))?.[1]?.split("|") ?? [];
  deepStrictEqual(named.toSorted(), [...appNames].toSorted());
  for (const app of named) ok(existsSync(join(root, `apps/${app}/src/main.ts`)), app);
});

test("the Dockerfile copies what is there, and runs as nobody in particular", () => {
  const dockerfile = textOf("docker/Dockerfile");
  const ignored = readFileSync(join(root, ".dockerignore"), "utf8").split("\n").filter(Boolean);
  const copied = [...dockerfile.matchAll(/^COPY (?:--from=build \/opt\/poplar\/)?(\S+) /gm)];
  strictEqual(copied.length, 6);
  for (const [, source = ""] of copied) {
    ok(existsSync(join(root, source)), source);
    // What the build makes is not copied in.
    if (source !== "node_modules") ok(!ignored.some((path) => source.startsWith(path)), source);
  }
  match(dockerfile, /^USER (?!root)\w+$/m);
  ok((statSync(join(infra, "docker/entrypoint.sh")).mode & 0o111) !== 0, "who starts can be executed");
});
