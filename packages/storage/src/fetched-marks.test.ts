import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openStorage } from "./open-storage.ts";
import { deafEvents, silentLog, withPostgres } from "./testing.ts";

const database = await withPostgres({ after });
const storage = await openStorage({ connection: database.url, log: silentLog, events: deafEvents });
after(() => storage.close());

test("each program of a login has its own marks, which run together and go with the login", async () => {
  await storage.registry.addDomain("example.test");
  const login = "alice@example.test";
  const made = await storage.registry.addLogin({
    name: login,
    passwordVerifier: "v",
    quotaOctets: undefined,
  });
  assert.ok("maildropId" in made);
  const { maildropId } = made;
  const [phone, other] = [1, undefined].map((credentialId) => ({ login, maildropId, credentialId }));
  assert.ok(phone !== undefined && other !== undefined);
  const { fetched } = storage;
  assert.deepEqual(await fetched.read(phone), []);
  assert.equal(await fetched.add(phone, []), undefined);
  assert.equal(await fetched.add(phone, [5, 1, 2]), undefined);
  assert.equal(await fetched.add(phone, [3, 9]), undefined);
  assert.equal(await fetched.add(other, [7]), undefined);
  assert.deepEqual(await fetched.read(phone), [
    [1, 4],
    [5, 6],
    [9, 10],
  ]);
  assert.deepEqual(await fetched.read(other), [[7, 8]]);
  await database.query("delete from login");
  assert.deepEqual(await database.query("select * from fetched_mark"), []);
});
