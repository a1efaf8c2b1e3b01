/** Sum of a metric over all its labels, in the text of Prometheus; `undefined` when it is not there. */
export function sumOf(text: string, metric: string): number | undefined {
  const values = text
    .split("\n")
    .filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `))
    .map((line) => Number(/\s(?<value>\S+)$/.exec(line)?.groups?.["value"] ?? "0"));
  if (values.length > 0) return values.reduce((sum, value) => sum + value, 0);
  // A counter that has not counted yet has no line but that of its type.
  return text.includes(`# TYPE ${metric} `) ? 0 : undefined;
}
