/** What one worker measures, in the Prometheus text format. */
export interface WorkerMetrics {
  readonly worker: number;
  readonly text: string;
}

/**
 * The metrics of all workers as one text: each sample has its worker as a label, each family its head once.
 */
export function mergeMetrics(all: readonly WorkerMetrics[]): string {
  const families = new Map<string, { readonly head: string[]; readonly samples: string[] }>();
  for (const { worker, text } of all) {
    let family: { readonly head: string[]; readonly samples: string[] } | undefined;
    for (const line of text.split("\n")) {
      const [, name] = /^# (?:HELP|TYPE) (\S+)/.exec(line) ?? [];
      if (name !== undefined) {
        family = families.get(name) ?? { head: [], samples: [] };
        families.set(name, family);
        if (!family.head.includes(line)) family.head.push(line);
      } else if (line !== "" && !line.startsWith("#")) {
        family?.samples.push(labelled(line, worker));
      }
    }
  }
  return [...families.values()].flatMap(({ head, samples }) => head.concat(samples, "")).join("\n");
}

/** A name holds neither braces nor spaces; what follows it is either. */
function labelled(sample: string, worker: number): string {
  const end = sample.search(/[{ ]/);
  const rest = sample.slice(end);
  const label = `worker="${worker}"`;
  return `${sample.slice(0, end)}{${label}${rest.startsWith("{") ? `,${rest.slice(1)}` : `}${rest}`}`;
}
