import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type LmtpClient, serve } from "./test-fixture.ts";

/** What a server has to remember between commands, and nothing more. RFC 5321 §4.1.4, RFC 2033 §4.2. */
interface Model {
  isGreeted: boolean;
  isBegun: boolean;
  recipients: number;
}

/** What is sent for one command, and the codes of its replies. */
interface Step {
  readonly octets: string;
  readonly codes: (model: Model) => readonly number[];
}

const forget = (model: Model): void => void Object.assign(model, { isBegun: false, recipients: 0 });

const LHLO: Step = {
  octets: "LHLO client.example.test\r\n",
  codes: (model) => {
    forget(model);
    model.isGreeted = true;
    return [250];
  },
};

const MAIL: Step = {
  octets: "MAIL FROM:<s@example.test> SIZE=10\r\n",
  codes: (model) => {
    if (!model.isGreeted || model.isBegun) return [503];
    model.isBegun = true;
    return [250];
  },
};

const UNKNOWN_PARAMETER: Step = {
  octets: "MAIL FROM:<s@example.test> RET=FULL\r\n",
  codes: ({ isGreeted }) => [isGreeted ? 555 : 503],
};

const rcpt = (name: string): Step => ({
  octets: `RCPT TO:<${name}@example.test>\r\n`,
  codes: (model) => {
    if (!model.isGreeted || !model.isBegun) return [503];
    if (name === "nobody") return [550];
    model.recipients += 1;
    return [250];
  },
});

const RSET: Step = {
  octets: "RSET\r\n",
  codes: (model) => {
    forget(model);
    return [250];
  },
};

const NOOP: Step = { octets: "NOOP\r\n", codes: () => [250] };

const UNKNOWN_COMMAND: Step = { octets: "BDAT 3 LAST\r\n", codes: () => [500] };

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(MAIL, rcpt("alice"), rcpt("bob"), rcpt("alice")) },
  { weight: 2, arbitrary: fc.constantFrom(rcpt("nobody"), LHLO, RSET, NOOP, UNKNOWN_PARAMETER) },
  { weight: 3, arbitrary: fc.constantFrom(".\r\n", "..\r\n.\r\n", "NOOP\r\n.\r\n", "a\n.\nb\r\n\r\n.\r\n") },
  { weight: 1, arbitrary: fc.constant(UNKNOWN_COMMAND) },
);

/** Content is sent only where the server will take it for content. */
function written(steps: readonly (Step | string)[]): { octets: string; codes: number[]; stored: number } {
  const model: Model = { isGreeted: false, isBegun: false, recipients: 0 };
  const codes: number[] = [];
  let octets = "";
  let stored = 0;
  for (const each of steps) {
    if (typeof each !== "string") {
      octets += each.octets;
      codes.push(...each.codes(model));
    } else if (model.recipients === 0) {
      octets += "DATA\r\n";
      codes.push(503);
    } else {
      octets += `DATA\r\n${each}`;
      codes.push(354, ...Array<number>(model.recipients).fill(250));
      stored += model.recipients;
      forget(model);
    }
  }
  return { octets: `${octets}QUIT\r\n`, codes: [...codes, 221], stored };
}

async function codesOf(client: LmtpClient, count: number): Promise<number[]> {
  const codes: number[] = [];
  while (codes.length < count) {
    const line = await client.line();
    if (line.startsWith("(closed)")) break;
    if (line[3] === " ") codes.push(Number(line.slice(0, 3)));
  }
  return codes;
}

test("whatever a client says and however it is cut, each command has its replies, in order. RFC 2033 §4.2, RFC 2920 §3.1", async (t) => {
  const { store, client } = await serve(t);
  await fc.assert(
    fc.asyncProperty(
      // After ten commands that it does not know the server hangs up.
      fc
        .array(step, { maxLength: 25 })
        .filter((steps) => steps.filter((each) => each === UNKNOWN_COMMAND).length < 10),
      fc.array(fc.constantFrom(1, 2, 7, 60, 5000), { minLength: 1, maxLength: 20 }),
      async (steps, cuts) => {
        const { octets, codes, stored } = written(steps);
        const before = store.copies.length;
        const opened = await client();
        assert.match(await opened.line(), /^220 /);
        for (let at = 0, cut = 0; at < octets.length; cut += 1) {
          const until = at + (cuts[cut % cuts.length] ?? 1);
          opened.send(octets.slice(at, until));
          at = until;
        }
        assert.deepEqual(await codesOf(opened, codes.length), codes);
        assert.equal(store.copies.length - before, stored);
        opened.socket.destroy();
      },
    ),
    { numRuns: 80 },
  );
});
