import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dialogue } from "./dialogue.ts";
import { parseDialogues } from "./parse-dialogues.ts";
import { DialogueError, play } from "./player.ts";
import { PURE } from "./session-venue.ts";
import type { Stage } from "./venue.ts";

function dialogueOf(text: string): Dialogue {
  const [dialogue] = parseDialogues(`## it\n${text}`);
  assert.ok(dialogue !== undefined);
  return dialogue;
}

/** Plays against the pure session. */
async function playPure(text: string): Promise<void> {
  const dialogue = dialogueOf(text);
  await using stage = await PURE.setUp(dialogue.fixture);
  await play(dialogue, stage);
}

/** A server that has its say whatever it hears, and closes. */
function monologue(said: string): { readonly stage: Stage; readonly heard: string[] } {
  const heard: string[] = [];
  const saying = [Buffer.from(said, "latin1")];
  const stage: Stage = {
    connect: async () => ({
      send: async (octets) => void heard.push(Buffer.from(octets).toString("latin1")),
      receive: async () => saying.shift(),
      startTls: async () => {},
      close: async () => {},
      reset: async () => {},
    }),
    [Symbol.asyncDispose]: async () => {},
  };
  return { stage, heard };
}

const playTo = (said: string, text: string): Promise<void> => play(dialogueOf(text), monologue(said).stage);

test("the first difference ends the play, with the line and the conversation up to it", async () => {
  const text = "maildrop: 120 200\nstate: TRANSACTION\nC: DELE 1\nS: +OK *\nC: STAT\nS: +OK 2 320\n";
  await assert.rejects(playPure(text), (err) => {
    assert.ok(err instanceof DialogueError);
    assert.match(err.message, /^line 7: S: \+OK 2 320\n {2}came instead: \+OK 1 200\n/);
    assert.match(
      err.message,
      /1> C: DELE 1\n *1> S: \+OK message 1 deleted\n *1> C: STAT\n *1> S: \+OK 1 200$/,
    );
    return true;
  });
});

test("client lines that follow each other go out together, unless there is a pause", async () => {
  const { stage, heard } = monologue("");
  await play(dialogueOf("C: A\nC: B\\\nC: (pause)\nC: C\\\\\nC: (close)\n"), stage);
  assert.deepEqual(heard, ["A\r\nB", "C\\\r\n"]);
});

test("a line has to end in CRLF. RFC 1939 §3", async () => {
  await playTo("+OK\r\n", "S: +OK\n");
  await assert.rejects(playTo("+OK\n", "S: +OK\n"), /came instead: \+OK\\n/);
  await assert.rejects(playTo("+OK", "S: +OK\n"), /was closed behind \+OK/);
});

test("a response code has to be expected. RFC 2449 §8", async () => {
  await playTo("-ERR [AUTH] no\r\n", "S: -ERR [AUTH] *\n");
  await assert.rejects(playTo("-ERR [AUTH] no\r\n", "S: -ERR *\n"), /response code/);
});

test("a server that goes on where it should close, or closes where it should go on, is found out", async () => {
  await playTo("+OK\r\n", "S: +OK\nS: (closed)\n");
  await assert.rejects(playTo("+OK\r\n+OK\r\n", "S: +OK\nS: (closed)\n"), /came instead: \+OK/);
  await assert.rejects(playTo("", "S: +OK\n"), /closed instead/);
});

test("octets in clear behind the reply to STLS are found out. RFC 2595 §4", async () => {
  await assert.rejects(playTo("+OK\r\n+OK\r\n", "S: +OK\nC: (tls)\n"), /in clear/);
});

test("lists are compared by what has to be in them, and with each other", async () => {
  const list = "TOP\r\nSASL PLAIN\r\n.\r\n";
  await playTo(list, "S: (lines + TOP + SASL * - STLS)\n");
  await assert.rejects(playTo(list, "S: (lines + STLS)\n"), /no line is STLS/);
  await assert.rejects(playTo(list, "S: (lines - SASL *)\n"), /a line is SASL/);
  await playTo(`${list}SASL PLAIN\r\nTOP\r\n.\r\n`, "S: (lines $a)\nS: (lines $a)\n");
  await assert.rejects(
    playTo(`${list}TOP\r\n.\r\n`, "S: (lines $a)\nS: (lines $a)\n"),
    /not the lines of \$a/,
  );
});

test("a message has to be the one that was delivered, unstuffed", async () => {
  const delivered = "message: A: 1\\n\\n.\\nlast\n";
  await playTo("A: 1\r\n\r\n..\r\nlast\r\n.\r\n", `${delivered}S: (message 1)\n`);
  await playTo("A: 1\r\n\r\n..\r\n.\r\n", `${delivered}S: (top 1 1)\n`);
  await assert.rejects(playTo("A: 1\r\n\r\n.\r\n", `${delivered}S: (message 1)\n`), /expected the message/);
  await assert.rejects(playTo("A: 1\r\n\r\n..\r\n", `${delivered}S: (message 1)\n`), /in the middle/);
});
