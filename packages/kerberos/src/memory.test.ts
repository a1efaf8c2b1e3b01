import assert from "node:assert/strict";
import test from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { withKdc } from "@poplar/testkit";
import { KERBEROS_DEFAULTS, KerberosAcceptor, MemoryReplayStore } from "./index.ts";

const MIB: number = 1024 * 1024;

test("accepts, refusals and exchanges that are left half-way keep memory level", async (t) => {
  const kdc = await withKdc(t, { realms: 1 });
  // A file cache of 2,000 authenticators is a matter of the disk.
  process.env["KRB5RCACHENAME"] = "none:";
  t.after(() => delete process.env["KRB5RCACHENAME"]);
  const client = await kdc.login(t, "alice@POPLAR.TEST");
  await client.fetch("pop", "localhost");
  using acceptor = await KerberosAcceptor.load(KERBEROS_DEFAULTS, new MemoryReplayStore());
  const round = async (): Promise<void> => {
    const apReq = await client.apReq("mutual");
    assert.equal((await acceptor.acceptKpop(apReq)).outcome, "accepted");
    assert.equal((await acceptor.acceptKpop(apReq)).outcome, "refused");
    const exchange = acceptor.beginGssapi();
    const { token } = await client.initiate("pop@localhost", ["mutual"]);
    assert.equal((await exchange.next(token)).step, "challenge");
    exchange.close();
  };
  const batch = async (): Promise<number> => {
    for (let i = 0; i < 300; i += 1) await round();
    collectGarbage();
    return process.memoryUsage().rss;
  };
  const sizes: number[] = [];
  for (let i = 0; i < 5; i += 1) sizes.push(await batch());
  // A context that is not freed is some 10 KiB, so that every batch would grow by 2 to 3 MiB.
  const leastGrowth = Math.min(...sizes.slice(1).map((size, at) => size - (sizes[at] ?? 0)));
  assert.ok(
    leastGrowth < MIB,
    `grew each time: ${sizes.map((size) => Math.round(size / MIB)).join(", ")} MiB`,
  );
});

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc()");
}
