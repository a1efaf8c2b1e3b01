import { html, svg, type TemplateResult } from "lit-html";
import type { Series } from "./metrics-watch.ts";

const width = 240;
const height = 56;

/** A figure and how it went. */
export function sparkline({ title, unit, points, isKnown }: Series): TemplateResult {
  const last = points.at(-1) ?? 0;
  const most = Math.max(...points, 0);
  const value = shown(last);
  const label = `${title}: ${value} ${unit} now, ${shown(most)} at most`;
  return html`<figure class="graph">
    <figcaption>
      <span>${title}</span> <strong>${isKnown ? value : "–"}</strong> <small>${isKnown ? unit : "not counted by this process"}</small>
    </figcaption>
    <svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label=${label}>
      ${points.length < 2 ? "" : line(points, most)}
    </svg>
  </figure>`;
}

function line(points: readonly number[], most: number): TemplateResult {
  const path = linePath(points, most);
  return svg`<path class="area" d="${path} V${height} H0 Z"/><path class="line" d=${path} />`;
}

/** Over the whole width, from 0 at the bottom to the largest figure just below the top. */
export function linePath(points: readonly number[], most: number): string {
  const step = width / (points.length - 1);
  const y = (value: number): number => height - 2 - (value / (most || 1)) * (height - 6);
  return `M${points.map((value, at) => `${(at * step).toFixed(1)} ${y(value).toFixed(1)}`).join(" L")}`;
}

const shown = (value: number): string =>
  value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 });
