import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { bannedIdentifiers, withDenylist } from "./glossary.ts";

test("the words in code of the last column are banned, once and in order", () => {
  const glossary =
    "# G\n\n| term | `in code` | not |\n|---|---|---|\n| a | `A` | `zed`, plain, `box` |\n| b | | `box` |\n";
  deepEqual(bannedIdentifiers(glossary), ["box", "zed"]);
});

test("the list in the linter's settings is replaced, and stays when it is right", () => {
  const settings = '{\n  "rules": {\n    // why\n    "id-denylist": ["error", "old"]\n  }\n}\n';
  const written = withDenylist(settings, ["box", "zed"]);
  equal(written.includes('"error",\n      "box",\n      "zed"\n'), true);
  equal(withDenylist(written, ["box", "zed"]), written);
  throws(() => withDenylist("{}", []), /no "id-denylist"/);
});
