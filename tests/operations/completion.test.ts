import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { temporaryFolder } from "../fixtures/foreign-client.ts";
import { runWell } from "../fixtures/run-program.ts";
import { run } from "./run-poplar.ts";

/** Types at a shell on a terminal of its own, and prints what comes on the screen. */
const typist = `
import os, pty, re, select, sys, time
shell, marks = sys.argv[1].split(), sys.argv[2:]
pid, screen = pty.fork()
if pid == 0:
    os.execvp(shell[0], shell)
seen = ""
def wait_for(mark, seconds=30):
    global seen
    end = time.time() + seconds
    while not re.search(mark, seen):
        if time.time() > end: sys.exit("no " + mark + " in " + repr(seen))
        if select.select([screen], [], [], 0.1)[0]:
            try: seen += os.read(screen, 65536).decode(errors="replace")
            except OSError: return
for mark, keys in zip(marks[0::2], marks[1::2]):
    wait_for(mark)
    seen = ""
    os.write(screen, keys.encode().decode("unicode_escape").encode())
wait_for("GOT.*END")
print(re.search("GOT(.*)END", seen).group(1))
os.write(screen, b"exit\\n")
`;

const scripts = new Map<string, string>();
before(async () => {
  for (const shell of ["bash", "zsh"]) {
    const { code, out } = await run({ args: ["completion", shell] });
    assert.equal(code, 0);
    scripts.set(shell, out);
  }
});

/** What a user gets who types this and Enter. */
async function typed(shell: "bash" | "zsh", folder: string, keys: string): Promise<string> {
  writeFileSync(join(folder, "completion"), scripts.get(shell) ?? "");
  const start = join(folder, "start");
  const init = shell === "zsh" ? "autoload -Uz compinit; compinit -u -D; " : "bind 'set bell-style none'; ";
  // The words reach the screen in pieces only when they run: what is typed does not look like it.
  const program = `poplar() { printf 'G''OT%s' "$*"; printf 'E''ND\\n'; }`;
  writeFileSync(
    start,
    `PS1='ready> '; ${init}source '${join(folder, "completion")}'; ${program}\ncd '${folder}'\n`,
  );
  chmodSync(start, 0o700);
  const command = shell === "zsh" ? "zsh -f -i" : "bash --norc --noprofile -i";
  const { stdout } = await runWell(
    "python3",
    [
      "-c",
      typist,
      command,
      "[$#%>] ",
      `. ${start}; echo sourced\\n`,
      "\\nsourced[\\s\\S]*ready> ",
      `${keys}\\n`,
    ],
    { env: { TERM: "dumb", PS1: "begin> ", LC_ALL: "C.UTF-8" } },
  );
  return stdout.toString().trim();
}

for (const shell of ["bash", "zsh"] as const) {
  test(`${shell} completes commands, flags and the values of flags, as they are typed`, async (t) => {
    const folder = temporaryFolder(t);
    const keys = "poplar impor\\tmail\\tbox --keep\\tcour\\t";
    assert.equal(await typed(shell, folder, keys), "import maildir box --keep-uidl courier");
  });

  test(`${shell} completes a command below others, flags of all commands, and files`, async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, "unusual-letter.eml"), "");
    const keys = "poplar --js\\tmaild\\tdeliv\\talice@example.test unusu\\t";
    const typedOut = await typed(shell, folder, keys);
    assert.equal(typedOut, "--json maildrop deliver alice@example.test unusual-letter.eml");
  });
}

test("a script for another shell is refused, with those that there are", async () => {
  const { code, err } = await run({ args: ["completion", "fish"] });
  assert.equal(code, 2);
  assert.match(err, /bash, zsh/);
});
