import type { ServerReport, Statistics } from "@poplar/operations";
import { html, type TemplateResult } from "lit-html";
import { type Page, type PageContext } from "../page.ts";
import { badge, card, facts, figure, heading, octets, table, time } from "../parts.ts";
import { Resource } from "../resource.ts";
import { sparkline } from "../sparkline.ts";

/** How much there is, how it goes, and how this process is. */
export function overviewPage({ api, update, watch }: PageContext): Page {
  const statistics = new Resource(() => api.statistics(), update);
  const server = new Resource(() => api.server(), update);
  return {
    refresh: () => {
      void statistics.reload();
      void server.reload();
    },
    view: () => html`
      ${heading("Overview", "Figures of everything that this installation has; graphs of the last ten minutes.")}
      <div class="graphs">${watch.series().map(sparkline)}</div>
      ${statistics.view(totals)} ${server.view(process)}
    `,
  };
}

const totals = (all: Statistics): TemplateResult =>
  card(
    "What there is",
    facts([
      ["Domains", figure(all.domains)],
      ["Logins", html`${figure(all.logins)} <small>${figure(all.disabledLogins)} disabled</small>`],
      ["Maildrops", figure(all.maildrops)],
      ["Messages", html`${figure(all.messages)} <small>${octets(all.octets)}</small>`],
      ["Can be restored", html`${figure(all.hiddenMessages)} <small>${octets(all.hiddenOctets)}</small>`],
      ["Sessions now", all.sessions === null ? "unknown: Redis does not answer" : figure(all.sessions)],
    ]),
  );

const process = (report: ServerReport): TemplateResult =>
  card(
    "This process",
    html`${facts([
      ["App", `${report.app} ${report.version}`],
      ["Node", report.nodeVersion],
      ["Since", time(report.startedAt)],
    ])}
    ${table({
      caption: "Dependencies",
      rows: report.dependencies,
      empty: "It depends on nothing.",
      columns: [
        { head: "Dependency", cell: ({ name }) => name },
        { head: "State", cell: ({ isUp }) => (isUp ? badge("up", "good") : badge("down", "bad")) },
        { head: "Detail", cell: ({ detail }) => detail },
      ],
    })}
    ${table({
      caption: "Listeners",
      rows: report.listeners,
      empty: "It serves no mail clients itself.",
      columns: [
        { head: "Listener", cell: ({ name }) => name },
        { head: "Address", cell: ({ address }) => html`<code>${address}</code>` },
      ],
    })}
    ${table({
      caption: "Certificates",
      rows: report.certificates,
      empty: "It has no certificates.",
      columns: [
        { head: "Certificate", cell: ({ subject }) => subject },
        { head: "Ends", cell: ({ notAfter }) => time(notAfter) },
      ],
    })}`,
    report.isReady ? badge("ready", "good") : badge(report.isDraining ? "draining" : "not ready", "bad"),
  );
