import { once } from "node:events";
import { connect } from "node:net";
import type { Config } from "@poplar/config";
import type { CertificateEntry, ListenerEntry, Readiness, ServerReport } from "@poplar/operations";
import { ApiClient, reach } from "../api-client.ts";
import { findToken, findUrl } from "../find-server.ts";
import { Refusal } from "../refusal.ts";
import { aheadOf, clockFinding } from "./examine-clock.ts";
import type { Finding } from "./finding.ts";

const answerMsMax = 5000;
const certificateDaysMin = 14;
const dayMs = 24 * 60 * 60 * 1000;

/** Looks a server over from where the command line runs. Stops where nothing further can be seen. */
export async function examineServer(config: Config, version: string): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  try {
    const url = findUrl(config);
    const signal = AbortSignal.timeout(answerMsMax);
    const askedMs = Date.now();
    const live = await reach(new URL(`${url}/health/live`), { signal });
    const aheadMs = aheadOf(live, askedMs, Date.now());
    if (!live.ok) throw new Refusal("unreachable", "not-poplar", `What answers at ${url} is not Poplar.`);
    findings.push({ verdict: "fine", check: "server", detail: `answers at ${url}` });
    if (aheadMs !== undefined) findings.push(clockFinding("the server", aheadMs));
    const report = await new ApiClient(url, findToken(config)).call<ServerReport>({
      method: "GET",
      path: "/server",
    });
    findings.push({ verdict: "fine", check: "token", detail: "the API accepts it" });
    findings.push(versionFinding(report, version), ...readinessFindings(report));
    findings.push(...(await Promise.all(report.listeners.map(listenerFinding))));
    findings.push(...report.certificates.map((certificate) => certificateFinding(certificate, Date.now())));
  } catch (err) {
    if (!(err instanceof Refusal)) throw err;
    findings.push(refusalFinding(err));
  }
  return findings;
}

function refusalFinding({ kind, what, advice }: Refusal): Finding {
  if (kind === "notAllowed") {
    const token =
      "Take the token that stands in api-token in the server's data dir: --data-dir, or api-token-file.";
    return { verdict: "wrong", check: "token", detail: what, advice: advice ?? token };
  }
  const look = "See the server's log, and that --api-url or POPLAR_API_URL leads to it.";
  return { verdict: "wrong", check: "server", detail: what, advice: advice ?? look };
}

function versionFinding(report: ServerReport, version: string): Finding {
  const { app, nodeVersion, startedAt } = report;
  const detail = `${app} ${report.version} on Node ${nodeVersion}, up since ${startedAt}`;
  if (report.version === version) return { verdict: "fine", check: "version", detail };
  return {
    verdict: "doubtful",
    check: "version",
    detail,
    advice: `This command line is ${version}: use the one that came with the server.`,
  };
}

function readinessFindings({ isDraining, dependencies }: Readiness): Finding[] {
  const findings = dependencies.map(({ name, isUp, detail }): Finding => {
    if (isUp) return { verdict: "fine", check: name, detail };
    const advice = `See that ${name} runs and can be reached from the server; it is tried again by itself.`;
    return { verdict: "wrong", check: name, detail, advice };
  });
  if (!isDraining) return findings;
  return [
    ...findings,
    {
      verdict: "doubtful",
      check: "readiness",
      detail: "the server is draining: it stops when its sessions have ended",
      advice:
        "Start it again when it has stopped, if nothing else does; the others of a fleet serve meanwhile.",
    },
  ];
}

async function listenerFinding({ name, address }: ListenerEntry): Promise<Finding> {
  const reason = await tryConnecting(address);
  if (reason === undefined) return { verdict: "fine", check: name, detail: `listens on ${address}` };
  return {
    verdict: "wrong",
    check: name,
    detail: `nothing answers on ${address} (${reason})`,
    advice: "A firewall between here and there, or the process is at its connection limit: see its log.",
  };
}

async function tryConnecting(address: string): Promise<string | undefined> {
  const [, host = "", port = ""] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  const socket =
    port === "" ? connect(address) : connect(Number(port), host.replace(/^(0\.0\.0\.0|::)$/, "localhost"));
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(answerMsMax) });
    return undefined;
  } catch (err) {
    return err instanceof Error && "code" in err ? String(err.code) : "no answer in time";
  } finally {
    socket.destroy();
  }
}

function certificateFinding({ subject, notAfter }: CertificateEntry, nowMs: number): Finding {
  const days = Math.floor((Date.parse(notAfter) - nowMs) / dayMs);
  const check = "certificate";
  const detail = `${subject} until ${notAfter.slice(0, 10)}`;
  const advice = "Put a new one in place; the server takes it up by itself, or on SIGHUP.";
  if (days < 0) return { verdict: "wrong", check, detail: `${detail}: expired`, advice };
  if (days < certificateDaysMin)
    return { verdict: "doubtful", check, detail: `${detail}: ${days} days left`, advice };
  return { verdict: "fine", check, detail };
}
