import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { createClassifier } from "tamis";

import { testScript } from "../script.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const deno = `${here}node_modules/.bin/deno`;

testScript(here, [deno, "run", "--no-remote", "--allow-read", "classify.ts"], createClassifier);

test("the types fit", () => {
  const { status, stderr } = spawnSync(deno, ["check", "--no-remote", "classify.ts"], { cwd: here, encoding: "utf8" });
  assert.equal(status, 0, stderr);
});
