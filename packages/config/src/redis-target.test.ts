import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, printConfig, readConfig } from "./index.ts";
import { parseRedisTarget } from "./redis-target.ts";

test("one Redis, with and without TLS, login and database", () => {
  for (const url of [
    "redis://cache",
    "rediss://poplar:s%40cret@cache.example.test:6380/3",
    "redis://[2001:db8::1]:6379/",
  ]) {
    assert.deepEqual(parseRedisTarget(url), { kind: "single", url });
  }
});

test("Sentinels watch a group; its login is not theirs", () => {
  assert.deepEqual(parseRedisTarget("redis+sentinel://one,two:26380/mymaster"), {
    kind: "sentinel",
    sentinels: ["redis://one", "redis://two:26380"],
    master: "redis://mymaster",
  });
  const login = "poplar:secret@";
  const query = "?sentinel-user=watch&sentinel-password=p%40ss";
  assert.deepEqual(parseRedisTarget(`rediss+sentinel://${login}one,two/group-1/2${query}`), {
    kind: "sentinel",
    sentinels: ["rediss://watch:p%40ss@one", "rediss://watch:p%40ss@two"],
    master: "rediss://poplar:secret@group-1/2",
  });
});

test("all nodes of a Cluster share a login", () => {
  assert.deepEqual(parseRedisTarget("redis+cluster://:secret@one:7000,two:7001"), {
    kind: "cluster",
    nodes: ["redis://:secret@one:7000", "redis://:secret@two:7001"],
  });
});

test("what is none of these is refused, and its password not shown", () => {
  for (const url of [
    "http://cache",
    "redis://",
    "redis://one,two",
    "redis://cache/mydb",
    "redis://cache?password=x",
    "redis+sentinel://one,two",
    "redis+sentinel://one/group/nonsense",
    "redis+sentinel://one/group?password=topsecret",
    "redis+cluster://one/1",
    "redis+cluster://one,,two",
    "redis+other://topsecret@one",
  ]) {
    assert.equal(parseRedisTarget(url), undefined, url);
    const read = (): unknown => readConfig({ app: "standalone", argv: [], env: { POPLAR_REDIS_URL: url } });
    assert.throws(read, (err: unknown) => {
      assert(err instanceof ConfigError);
      assert.match(err.message, /POPLAR_REDIS_URL: .*redis\+sentinel:/);
      assert.doesNotMatch(err.message, /topsecret/);
      return true;
    });
  }
});

test("the print-out of any of them names the hosts and the login, not the passwords", () => {
  for (const [url, printed] of [
    ["redis://poplar:topsecret@cache/1", "redis://poplar:***@cache/1"],
    ["redis+cluster://poplar:topsecret@one:1,two", "redis+cluster://poplar:***@one:1,two"],
    [
      "redis+sentinel://:topsecret@one,two:1/mymaster?sentinel-password=secret",
      "redis+sentinel://one,two:1/mymaster",
    ],
  ] as const) {
    const config = readConfig({ app: "standalone", argv: [], env: { POPLAR_REDIS_URL: url } });
    assert.equal(config.redisUrl, url);
    const text = printConfig(config);
    assert(text.includes(printed), text);
    assert.doesNotMatch(text, /topsecret|=secret/);
  }
});

test("the authority that Redis' certificate is checked against must be a certificate", () => {
  const read = (): unknown =>
    readConfig({ app: "standalone", argv: ["--redis-tls-ca", import.meta.filename], env: {} });
  assert.throws(read, /--redis-tls-ca: .*holds no certificate/);
});
