// The tests of the page: `npm run test:page`. Installs what they need where it is missing.

import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "../build.mjs";
import { ensureChromium, ensureModules } from "../ensure.mjs";

const here = dirname(fileURLToPath(import.meta.url));
ensureModules();
ensureChromium();
await build();
const files = readdirSync(here).filter((name) => name.endsWith(".test.mjs")).map((name) => join(here, name));
const { status } = spawnSync(process.execPath, ["--test", "--test-concurrency=3", ...files], { stdio: "inherit" });
process.exitCode = status ?? 1;
