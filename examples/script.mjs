// What the one-file scripts for Deno and Bun are tested for: they do the same.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { mail, names, pathOf } from "./mail.mjs";

/** Tests a script that is started with `command`, against `createClassifier` in this Node. */
export function testScript(cwd, [program, ...args], createClassifier) {
  const all = [...names("ham"), ...names("spam"), ...names("malformed"), ...names("rfc")];
  const folder = mkdtempSync(join(tmpdir(), "tamis-script-"));
  let local;
  before(async () => (local = await createClassifier()));
  after(() => {
    local?.free();
    rmSync(folder, { recursive: true });
  });

  function run(more, input = "") {
    const { status, stdout, stderr, error } = spawnSync(program, [...args, ...more], {
      cwd, input, encoding: "utf8", maxBuffer: 1 << 26, timeout: 60_000,
      env: { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    });
    if (error) throw error;
    return { status, stderr, verdicts: stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line)) };
  }

  test("files, with reasons: to the bit what Node says", () => {
    const { status, stderr, verdicts } = run(["--explain", "5", ...all.map(pathOf)]);
    assert.equal(stderr, "");
    assert.equal(status, 0);
    const expected = all.map((name) => ({ file: pathOf(name), ...local.classifySync(mail(name), { explain: 5 }) }));
    assert.deepEqual(verdicts, expected);
  });

  test("standard input, by name or not", () => {
    const source = mail("spam/phishing-bank.eml");
    const expected = [{ file: "-", ...local.classifySync(source) }];
    assert.deepEqual(run([], source).verdicts, expected);
    assert.deepEqual(run(["-"], source).verdicts, expected);
    assert.deepEqual(run([], "").verdicts, [{ file: "-", ...local.classifySync("") }]);
  });

  test("a file of 20 MB", () => {
    const source = Buffer.concat([mail("ham/reply.eml"), Buffer.alloc(20e6, "A line of an ordinary letter.\r\n")]);
    const file = join(folder, "long.eml");
    writeFileSync(file, source);
    assert.deepEqual(run([file]).verdicts, [{ file, ...local.classifySync(source) }]);
  });

  test("a file that is not there is told of, and the others are classified", () => {
    const [missing, there] = [join(folder, "missing.eml"), pathOf("ham/reply.eml")];
    const { status, stderr, verdicts } = run([missing, there]);
    assert.equal(status, 1);
    assert.match(stderr, /missing\.eml: .*(ENOENT|No such file)/);
    assert.deepEqual(verdicts.map(({ file }) => file), [there]);
  });

  test("a number of reasons that is none", () => {
    const { status, stderr, verdicts } = run(["--explain", "many", pathOf("ham/reply.eml")]);
    assert.equal(status, 1);
    assert.match(stderr, /`explain` is a number of features/);
    assert.deepEqual(verdicts, []);
  });
}
