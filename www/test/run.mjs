// Every test of the package: builds it, checks its types, runs its tests in Node and Chromium, and compares its
// scores in all runtimes. `npm test -- --corpus` compares them on the SpamAssassin corpus too.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { www } from "./tools.mjs";

const run = (program, ...args) => {
  const { status, error } = spawnSync(program, args, { cwd: www, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
};

if (!existsSync(join(www, "node_modules"))) run("npm", "ci", "--silent", "--no-audit", "--no-fund");
run(process.execPath, "build.mjs");
run(join(www, "node_modules", ".bin", "tsc"), "-p", "test/tsconfig.json");
const tests = readdirSync(join(www, "test")).filter((name) => name.endsWith(".test.mjs"));
run(process.execPath, "--expose-gc", "--test", "--test-concurrency=1", ...tests.map((name) => join("test", name)));
run(process.execPath, "test/sameness.mjs", ...process.argv.slice(2));
