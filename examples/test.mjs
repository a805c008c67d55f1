// Runs the tests of all examples: `node examples/test.mjs [NAME...]`. Installs what is missing.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const testsOf = (name) => readdirSync(join(here, name)).filter((file) => /^(.+\.)?test\.mjs$/.test(file));
const folders = readdirSync(here, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const all = folders.map(({ name }) => name).filter((name) => testsOf(name).length > 0);
const names = process.argv.length > 2 ? process.argv.slice(2) : all;
for (const name of names) {
  if (!all.includes(name)) fail(`there is no example ${name}; there are ${all.join(", ")}`);
}

/** Runs a program; what it prints is shown if it fails. */
function run(program, args, cwd) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    child.stdout.on("data", (data) => (printed += data));
    child.stderr.on("data", (data) => (printed += data));
    child.on("error", (error) => fail(`${program}: ${error.message}`));
    child.on("close", (code) => (code === 0 ? resolve() : fail(`${program} ${args.join(" ")} in ${cwd}:\n${printed}`)));
  });
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

/** Installs what the lock file names, unless that was done. */
async function install(name) {
  const folder = join(here, name);
  const lock = readFileSync(join(folder, "package-lock.json"));
  const mark = join(folder, "node_modules", ".installed");
  if (existsSync(mark) && readFileSync(mark).equals(lock)) return;
  await run("npm", ["ci", "--no-audit", "--no-fund"], folder);
  writeFileSync(mark, lock);
}

const www = join(here, "..", "www");
if (!existsSync(join(www, "dist", "tamis.wasm"))) await run(process.execPath, ["build.mjs"], www);
for (const name of names) await install(name);

const files = names.flatMap((name) => testsOf(name).map((file) => join(here, name, file)));
const { status } = spawnSync(process.execPath, ["--test", "--test-reporter=spec", "--test-timeout=120000", "--test-concurrency=2", ...files], {
  stdio: "inherit",
});
process.exit(status ?? 1);
