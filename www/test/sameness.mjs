// Checks that every runtime gives the native engine's scores bit for bit: on generated messages, on all
// of tests/data, and with `--corpus` on the SpamAssassin corpus too.
//
// node test/sameness.mjs [--corpus] [node|deno|bun|chromium|workerd ...]

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { generate } from "./sameness/generate.mjs";
import { ensureRuntimes, imported, launch, program, root, serve, www } from "./tools.mjs";

const folder = join(root, "target", "sameness");

/** Makes the cases; gives the path of their file. */
function makeCases(corpus) {
  const generated = join(folder, "generated");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(generated, { recursive: true });
  for (const [name, message] of generate()) writeFileSync(join(generated, `${name}.eml`), message);
  const paths = [generated];
  const data = join(root, "tests", "data");
  if (existsSync(data)) paths.push(data);
  if (corpus) paths.push(join(root, execFileSync("models/corpus.sh", { cwd: root, encoding: "utf8" }).trim()));
  const lines = join(folder, "vectors.ndjson");
  execFileSync("cargo", ["run", "--quiet", "--release", "--locked", "--no-default-features", "--example", "vectors", "--",
    join(www, "dist", "model", "default.bin"), lines, ...paths], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  const parts = [];
  const push = (bytes) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    parts.push(length, bytes);
  };
  for (const line of readFileSync(lines, "utf8").trim().split("\n")) {
    const { path } = JSON.parse(line);
    push(Buffer.from(line));
    push(path === undefined ? Buffer.alloc(0) : readFileSync(path));
  }
  const cases = join(folder, "cases");
  writeFileSync(cases, Buffer.concat(parts));
  return cases;
}

const inProcess = (command, args) => (cases) =>
  JSON.parse(execFileSync(command, [...args, join(www, "test", "sameness", "process.mjs"), cases], { cwd: www, encoding: "utf8", maxBuffer: 1 << 26 }));

const RUNTIMES = {
  node: (cases) => inProcess(process.execPath, [])(cases),
  deno: (cases) => inProcess(program("deno"), ["run", "--quiet", "--allow-read"])(cases),
  bun: (cases) => inProcess(program("bun"), ["run"])(cases),
  async chromium(cases) {
    const server = await serve({ extra: { "/cases": readFileSync(cases), "/page.html": "<!doctype html>" } });
    const browser = await launch();
    try {
      const page = await browser.newPage();
      await page.goto(`${server.origin}/page.html`);
      return await page.evaluate(async () => {
        const { createClassifier } = await import("/src/browser.js");
        const { check } = await import("/test/sameness/check.js");
        return check(createClassifier, new Uint8Array(await (await fetch("/cases")).arrayBuffer()));
      });
    } finally {
      await browser.close();
      server.close();
    }
  },
  async workerd(cases) {
    const { Miniflare } = await imported("miniflare");
    const server = await serve({ extra: { "/cases": readFileSync(cases) } });
    const worker = new Miniflare({
      modules: true,
      modulesRoot: www,
      scriptPath: join(www, "test", "sameness", "workerd.mjs"),
      // Those that wrangler has by default.
      modulesRules: [
        { type: "ESModule", include: ["**/*.js", "**/*.mjs"] },
        { type: "CompiledWasm", include: ["**/*.wasm"] },
        { type: "Data", include: ["**/*.bin"] },
      ],
      compatibilityDate: "2025-01-01",
      bindings: { CASES: `${server.origin}/cases` },
    });
    try {
      const response = await worker.dispatchFetch("http://worker/");
      if (!response.ok) throw new Error(await response.text());
      return await response.json();
    } finally {
      await worker.dispose();
      server.close();
    }
  },
};

const args = process.argv.slice(2);
const corpus = args.includes("--corpus");
const chosen = args.filter((arg) => arg !== "--corpus");
ensureRuntimes();
const cases = makeCases(corpus);
let bad = false;
for (const [name, run] of Object.entries(RUNTIMES)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const start = performance.now();
  let result;
  try {
    result = await run(cases);
  } catch (error) {
    result = { passed: 0, failed: 1, failures: [`${error.stack ?? error}`] };
  }
  const { passed, failed, failures } = result;
  console.log(`sameness in ${name}: ${passed} passed, ${failed} failed (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  failures.forEach((failure) => console.log(`  ${failure}`));
  bad ||= failed > 0 || passed < 500;
}
process.exitCode = bad ? 1 : 0;
