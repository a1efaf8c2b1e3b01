import assert from "node:assert/strict";
import { test } from "node:test";
import { addressIn, linkTo } from "./page-address.ts";

test("an address of a page without a subject names the page alone", () => {
  assert.equal(linkTo("logins"), "#/logins");
  assert.deepEqual(addressIn("#/logins"), { path: "logins", subject: "" });
});

test("whatever a subject holds comes back as it was", () => {
  for (const subject of ["alice@example.test", "a/b#c?d&e=f", "100% %41", "grüße@bücher.test", "..", " "]) {
    const link = linkTo("maildrops", subject);
    assert.deepEqual(addressIn(link), { path: "maildrops", subject }, link);
    // The browser would cut it at another # or take it for a way up.
    assert.equal(link.slice("#/maildrops/".length).includes("/"), false, link);
    assert.equal(new URL(link, "http://127.0.0.1/console/").hash, link.replaceAll(" ", "%20"));
  }
});

test("an address that says nothing, or was typed wrongly, is read all the same", () => {
  assert.deepEqual(addressIn(""), { path: "", subject: "" });
  assert.deepEqual(addressIn("#"), { path: "", subject: "" });
  assert.deepEqual(addressIn("#/logins/100%"), { path: "logins", subject: "100%" });
  assert.deepEqual(addressIn("#/logins/a/b"), { path: "logins", subject: "a" });
});
