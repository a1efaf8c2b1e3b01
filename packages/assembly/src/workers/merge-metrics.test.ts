import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeMetrics } from "./merge-metrics.ts";

test("each sample gets its worker, each family its head once", () => {
  const textOf = (sessions: number): string => `# HELP poplar_pop_sessions POP sessions { open } now.
# TYPE poplar_pop_sessions gauge
poplar_pop_sessions{listener="pop3"} ${sessions}

# HELP up Whether.
# TYPE up gauge
up 1
`;
  const all = [1, 2].map((worker) => ({ worker, text: textOf(worker * 10) }));
  assert.equal(
    mergeMetrics(all),
    `# HELP poplar_pop_sessions POP sessions { open } now.
# TYPE poplar_pop_sessions gauge
poplar_pop_sessions{worker="1",listener="pop3"} 10
poplar_pop_sessions{worker="2",listener="pop3"} 20

# HELP up Whether.
# TYPE up gauge
up{worker="1"} 1
up{worker="2"} 1
`,
  );
});
