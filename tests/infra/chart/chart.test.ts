import { deepStrictEqual, match, ok, strictEqual, throws } from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { type AppName, appNames, type Config, readConfig } from "@poplar/config";
import { Ajv } from "ajv";
import { generate } from "selfsigned";
import { TemplateSet } from "./go-template.ts";
import { chartFile, type Fields, isFields, objectsOf, overlaid, renderChart } from "./render-chart.ts";

const root = resolve(import.meta.dirname, "../../..");
const defaults = chartFile("values.yaml");
const names = ["pop3", "pop3s", "kpop", "lmtp", "api"] as const;

/** Everything that can be switched on. */
const everything = overlaid(defaults, {
  image: { pullSecrets: ["registry"], tag: "1.2.3" },
  secret: { settings: { "fleet-secret": "fleet-secret" }, secretKeys: "secret-keys" },
  kerberos: { secretName: "poplar-keytab" },
  settings: { "kerberos-rules": ["EXAMPLE.TEST=example.test"], "message-octets-max": 104_857_600 },
  frontEnds: Object.fromEntries(
    names.map((name) => [
      name,
      {
        enabled: true,
        settings: { "postgres-pool-max": 20 },
        service: { annotations: { a: "b" } },
        autoscaling: { enabled: true },
      },
    ]),
  ),
  nodeSelector: { disk: "fast" },
  tolerations: [{ key: "mail", operator: "Exists" }],
  affinity: { nodeAffinity: {} },
  podAnnotations: { c: "d" },
});
const ways = { "as it comes": defaults, "with everything on": everything };

const validate = new Ajv({ allErrors: true }).compile(chartFile("values.schema.json"));
const refusalsOf = (values: Fields): readonly string[] =>
  validate(values)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);

/** What lies at a path in an object. */
function at(object: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (Array.isArray(value) ? value[Number(key)] : fields(value)[key]),
    object,
  );
}
function fields(value: unknown): Fields {
  ok(isFields(value), JSON.stringify(value));
  return value;
}
function list(value: unknown): readonly unknown[] {
  ok(Array.isArray(value), JSON.stringify(value));
  return value;
}

const kindsOf = (values: Fields, kind: string): readonly Fields[] =>
  objectsOf(values).filter((object) => object["kind"] === kind);

const componentOf = (labels: unknown): AppName => {
  const app = appNames.find((name) => name === at(labels, "app.kubernetes.io/component"));
  ok(app !== undefined, JSON.stringify(labels));
  return app;
};

interface Pod {
  readonly app: AppName;
  readonly labels: unknown;
  readonly spec: unknown;
  readonly container: unknown;
}

const podsOf = (values: Fields): readonly Pod[] =>
  kindsOf(values, "Deployment").map((deployment) => {
    const labels = at(deployment, "spec", "template", "metadata", "labels");
    const spec = at(deployment, "spec", "template", "spec");
    return { app: componentOf(labels), labels, spec, container: at(spec, "containers", 0) };
  });

/** Whether a selector of ours finds a pod. */
const finds = (selector: unknown, { labels }: Pod): boolean =>
  Object.entries(fields(selector)).every(([key, value]) => at(labels, key) === value);

/** What an operator has made, as it is mounted below /etc/poplar. */
let mounted: string;
before(async () => {
  mounted = mkdtempSync(join(tmpdir(), "poplar-chart-"));
  const { cert, private: key } = await generate([{ name: "commonName", value: "pop.example.test" }]);
  const files = {
    "tls/tls.crt": cert,
    "tls/tls.key": key,
    "kerberos/keytab": "",
    "secret/postgres-url": "postgres://poplar:secret@db.example.test/poplar",
    "secret/redis-url": "redis://cache.example.test:6379",
    "secret/api-token": "a-token-of-the-operator",
    "secret/fleet-secret": "f".repeat(40),
    "secret/secret-keys": "",
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(mounted, name)), { recursive: true });
    writeFileSync(join(mounted, name), text);
  }
});
after(() => rmSync(mounted, { recursive: true }));

/** Reads the config file that an app gets. */
function configOf(values: Fields, app: AppName): Config {
  const [settings] = kindsOf(values, "ConfigMap");
  const text = at(settings, "data", `${app}.yaml`);
  ok(typeof text === "string", app);
  const file = join(mounted, `${app}.yaml`);
  writeFileSync(file, text.replaceAll("/etc/poplar", mounted));
  return readConfig({ app, argv: [`--config=${file}`], env: {} });
}

test("the schema takes the values that the chart comes with, and everything that can be switched on", () => {
  for (const [way, values] of Object.entries(ways)) deepStrictEqual(refusalsOf(values), [], way);
});

test("the schema refuses what would be ignored, would break, or would open a door", () => {
  const wrong: readonly Fields[] = [
    { frontEnd: {} },
    { frontEnds: { pop3: { replica: 3 } } },
    { settings: { "pop3-port": 110 } },
    { settings: { "tls-cert": "/elsewhere" } },
    { settings: { "postgres-url": "postgres://poplar:secret@db/poplar" } },
    { frontEnds: { lmtp: { settings: { "data-dir": "/srv" } } } },
    { secret: { settings: { "postgress-url": "x" } } },
    { frontEnds: { kpop: { enabled: true } } },
    // A policy without peers lets everybody in.
    { networkPolicy: { lmtpFrom: [] } },
    { networkPolicy: { apiFrom: [{}] } },
    { podDisruptionBudget: { maxUnavailable: 0 } },
  ];
  for (const values of wrong) ok(refusalsOf(overlaid(defaults, values)).length > 0, JSON.stringify(values));
});

test("every app takes its config file, and listens on the port that its pod and its Service name", () => {
  for (const values of Object.values(ways)) {
    for (const { app, container } of podsOf(values)) {
      const config = configOf(values, app);
      const ports = list(at(container, "ports")).map((port) => [at(port, "name"), at(port, "containerPort")]);
      const own = {
        pop3: config.pop3Port,
        pop3s: config.pop3sPort,
        kpop: config.kpopPort,
        lmtp: config.lmtpPort,
      };
      const expected = Object.entries(own).filter(([name]) => name === app);
      deepStrictEqual(ports, [...expected, ["http", config.httpPort]]);
      // Below 1024 only root may listen.
      for (const [, port] of ports) ok(Number(port) > 1023);
      const service = kindsOf(values, "Service").find(
        (one) => componentOf(at(one, "spec", "selector")) === app,
      );
      const target = at(service, "spec", "ports", 0, "targetPort");
      ok(
        ports.some(([name]) => name === target),
        `${app}: ${String(target)}`,
      );
    }
  }
});

test("settings of one front end count there, those of all elsewhere", () => {
  const values = overlaid(defaults, {
    settings: { "postgres-pool-max": 7 },
    frontEnds: { lmtp: { settings: { "postgres-pool-max": 30 } } },
  });
  strictEqual(configOf(values, "lmtp").postgresPoolMax, 30);
  strictEqual(configOf(values, "pop3").postgresPoolMax, 7);
});

test("the cluster waits longer than sessions may go on", () => {
  for (const { app, spec } of podsOf(everything)) {
    const { drainSeconds, drainGraceMs } = configOf(everything, app);
    ok(Number(at(spec, "terminationGracePeriodSeconds")) > drainSeconds + drainGraceMs / 1000);
  }
});

test("no pod is root, may write, or may become more than it is", () => {
  for (const { spec, container } of podsOf(everything)) {
    const dockerfile = readFileSync(join(root, "infra/docker/Dockerfile"), "utf8");
    // In Node's images, `node` is 1000; a name would not do for runAsNonRoot.
    match(dockerfile, /^USER node$/m);
    const { runAsNonRoot, runAsUser, seccompProfile } = fields(at(spec, "securityContext"));
    deepStrictEqual([runAsNonRoot, runAsUser, seccompProfile], [true, 1000, { type: "RuntimeDefault" }]);
    deepStrictEqual(at(container, "securityContext"), {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    strictEqual(at(spec, "automountServiceAccountToken"), false);
    // The Service poplar-pop3 would become POPLAR_POP3_PORT=tcp://…
    strictEqual(at(spec, "enableServiceLinks"), false);
  }
});

test("pods are asked for their health where the server answers", () => {
  const routes = readFileSync(join(root, "packages/http/src/health-routes.ts"), "utf8");
  for (const { app, container } of podsOf(everything)) {
    for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) {
      const path = at(container, probe, "httpGet", "path");
      ok(routes.includes(`"${String(path)}"`), `${app}: ${String(path)}`);
      strictEqual(path === "/health/ready", probe === "readinessProbe");
    }
    deepStrictEqual(at(container, "args"), [app]);
  }
});

test("everything that a pod mounts is there, and no secret is in the settings", () => {
  for (const values of Object.values(ways)) {
    for (const { spec, container } of podsOf(values)) {
      const volumes = list(at(spec, "volumes")).map((volume) => at(volume, "name"));
      const mounts = list(at(container, "volumeMounts")).map((mount) => at(mount, "name"));
      deepStrictEqual(new Set(mounts), new Set(volumes));
    }
    const text = renderChart(values).get("configmap.yaml") ?? "";
    ok(!/^ +(?:postgres-url|redis-url|api-token|fleet-secret):/m.test(text));
  }
});

test("each Service, budget, policy and scaler finds exactly the pods of its name", () => {
  const pods = podsOf(everything);
  strictEqual(pods.length, names.length);
  const selectors = {
    Service: ["spec", "selector"],
    PodDisruptionBudget: ["spec", "selector", "matchLabels"],
    NetworkPolicy: ["spec", "podSelector", "matchLabels"],
    Deployment: ["spec", "selector", "matchLabels"],
  };
  for (const [kind, path] of Object.entries(selectors)) {
    const objects = kindsOf(everything, kind);
    strictEqual(objects.length, names.length, kind);
    for (const object of objects) {
      const found = pods.filter((pod) => finds(at(object, ...path), pod)).map(({ app }) => `poplar-${app}`);
      deepStrictEqual(found, [at(object, "metadata", "name")], kind);
    }
  }
  for (const scaler of kindsOf(everything, "HorizontalPodAutoscaler")) {
    strictEqual(at(scaler, "spec", "scaleTargetRef", "name"), at(scaler, "metadata", "name"));
  }
  strictEqual(kindsOf(everything, "HorizontalPodAutoscaler").length, names.length);
  // A scaler and a fixed number of pods would fight.
  for (const deployment of kindsOf(everything, "Deployment")) ok(!("replicas" in fields(deployment["spec"])));
});

test("strangers reach POP and nothing else", () => {
  for (const policy of kindsOf(everything, "NetworkPolicy")) {
    for (const rule of list(at(policy, "spec", "ingress"))) {
      const ports = list(at(rule, "ports")).map((port) => at(port, "port"));
      const isForAll = !("from" in fields(rule));
      strictEqual(
        isForAll,
        ports.every((port) => /^(?:pop3s?|kpop)$/.test(String(port))),
        String(ports),
      );
      if (!isForAll) ok(list(at(rule, "from")).length > 0);
    }
  }
  for (const service of kindsOf(defaults, "Service")) {
    const isPublic = at(service, "spec", "type") !== "ClusterIP";
    strictEqual(isPublic, /pop3/.test(String(at(service, "metadata", "name"))));
  }
});

test("what is switched off is not there", () => {
  const values = overlaid(defaults, {
    frontEnds: { lmtp: { enabled: false } },
    networkPolicy: { enabled: false },
  });
  const found = objectsOf(values).map(
    (object) => `${String(object["kind"])} ${String(at(object, "metadata", "name"))}`,
  );
  ok(
    found.every((name) => !/lmtp|kpop|NetworkPolicy|Autoscaler/.test(name)),
    found.join(),
  );
  strictEqual(found.length, 1 + 3 * 3);
});

test("the chart has the version of the server", () => {
  const product: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  strictEqual(chartFile("Chart.yaml")["appVersion"], at(product, "version"));
});

test("the renderer does what Go does with white space, variables and branches, and refuses what it does not know", () => {
  const render = (text: string, data: unknown): string => {
    const templates = new TemplateSet({ upper: (value) => String(value).toUpperCase() });
    templates.add("it", text);
    return templates.render("it", data);
  };
  const data = { list: ["a", "b"], map: { y: 2, x: 1 }, no: false };
  strictEqual(render("{{ range .list }}\n- {{ . }}\n{{- end }}\n", data), "\n- a\n- b\n");
  strictEqual(render("{{ range $k, $v := .map }}{{ $k }}{{ $v }}{{ end }}", data), "x1y2");
  strictEqual(render("{{ if .no }}1{{ else if .list }}2{{ else }}3{{ end }}", data), "2");
  strictEqual(render('a {{- /* b */ -}} c{{ $x := "d" }}{{ $x | upper }}', data), "acD");
  strictEqual(render('{{ define "n" }}[{{ . }}]{{ end }}{{ include "n" .map.x }}', data), "[1]");
  for (const text of [
    "{{ .nothing }}",
    "{{ nope 1 }}",
    "{{ if .no }}",
    "{{ with .map }}{{ end }}",
    "{{ (.no }}",
  ])
    throws(() => render(text, data), text);
});
