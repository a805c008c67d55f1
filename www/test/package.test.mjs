// The package as npm packs it: its files, and its use by Node and by bundlers.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { ensureRuntimes, imported, launch, serve, www } from "./tools.mjs";

let folder, files;
before(() => {
  ensureRuntimes();
  folder = mkdtempSync(join(tmpdir(), "tamis-package-"));
  const [packed] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: www, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  files = packed.files.map(({ path }) => path);
  mkdirSync(join(folder, "node_modules", "tamis"), { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, packed.filename), "-C", join(folder, "node_modules", "tamis"), "--strip-components=1"]);
});
after(() => rmSync(folder, { recursive: true, force: true }));

const MAIL = "Subject: free money\n\nCall now\n";
const USE = `const classifier = await createClassifier(); result = classifier.classifySync(${JSON.stringify(MAIL)}).logOdds;`;

test("it holds what its users need and no more", () => {
  const sources = readdirSync(join(www, "src")).map((name) => `src/${name}`);
  assert.deepEqual([...files].sort(), [
    "LICENSE-APACHE", "LICENSE-MIT", "README.md", "dist/engine.js", "dist/model/default.bin", "dist/tamis.wasm", "idb.d.ts",
    "index.d.ts", "package.json", "slim.d.ts", "worker.d.ts", ...sources,
  ].sort());
  const { exports } = JSON.parse(readFileSync(join(www, "package.json"), "utf8"));
  const targets = (value) => (typeof value === "string" ? [value] : Object.values(value).flatMap(targets));
  for (const target of targets(exports).filter((target) => !target.includes("*"))) {
    assert.ok(files.includes(target.slice(2)), target);
  }
});

test("Node uses it where it is installed", () => {
  const script = `import { createClassifier } from "tamis"; let result; ${USE} console.log(result);`;
  writeFileSync(join(folder, "use.mjs"), script);
  const output = execFileSync(process.execPath, ["use.mjs"], { cwd: folder, encoding: "utf8" });
  assert.ok(Number.isFinite(Number(output)), output);
});

async function inBrowser(served) {
  const pages = Object.fromEntries(readdirSync(served, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => [join(entry.parentPath ?? entry.path, entry.name).slice(served.length), readFileSync(join(entry.parentPath ?? entry.path, entry.name))]));
  const server = await serve({ extra: { ...pages, "/page.html": "<!doctype html><script type=module src=/app.js></script>" } });
  const browser = await launch();
  try {
    const page = await browser.newPage();
    const problems = [];
    page.on("pageerror", (error) => problems.push(`${error}`));
    await page.goto(`${server.origin}/page.html`);
    await page.waitForFunction("globalThis.done || globalThis.failed", undefined, { timeout: 10_000 }).catch(() => {});
    return [await page.evaluate("globalThis.done"), problems];
  } finally {
    await browser.close();
    server.close();
  }
}

const APP = (body) => `let result; ${body} globalThis.done = result;`;
const WHOLE = APP(`const { createClassifier } = await import("tamis"); ${USE}
  const { createWorkerClassifier } = await import("tamis/worker");
  const there = await createWorkerClassifier();
  if ((await there.classify(${JSON.stringify(MAIL)})).logOdds !== result) throw new Error("the worker differs");`);

test("Vite builds a page with it", async () => {
  writeFileSync(join(folder, "app-vite.js"), WHOLE);
  const { build } = await imported("vite");
  await build({
    root: folder, logLevel: "error", configFile: false, worker: { format: "es" },
    build: { outDir: join(folder, "vite"), target: "esnext", modulePreload: false,
      rollupOptions: { input: join(folder, "app-vite.js"), output: { entryFileNames: "app.js" } } },
  });
  const [result, problems] = await inBrowser(join(folder, "vite"));
  assert.ok(Number.isFinite(result), problems.join());
});

test("webpack builds a page with it", async () => {
  writeFileSync(join(folder, "app-webpack.mjs"), WHOLE);
  const { default: webpack } = await imported("webpack");
  const stats = await new Promise((resolve, reject) =>
    webpack({
      mode: "production", context: folder, entry: "./app-webpack.mjs", target: "web",
      output: { path: join(folder, "webpack"), filename: "app.js", publicPath: "/" },
    }).run((error, stats) => (error ? reject(error) : resolve(stats))));
  assert.ok(!stats.hasErrors(), stats.toString());
  const [result, problems] = await inBrowser(join(folder, "webpack"));
  assert.ok(Number.isFinite(result), problems.join());
});

test("esbuild builds a page with it, given the files' loaders", async () => {
  writeFileSync(join(folder, "app-esbuild.js"), APP(`
    import wasm from "tamis/tamis.wasm"; import model from "tamis/model/default.bin"; import { createClassifier as create } from "tamis/slim";
    const createClassifier = () => create({ wasm, model }); ${USE}`).replace("let result; ", "let result;\n"));
  const { build } = await imported("esbuild");
  await build({
    absWorkingDir: folder, entryPoints: ["app-esbuild.js"], outfile: join(folder, "esbuild", "app.js"), bundle: true, minify: true,
    format: "esm", publicPath: "/", loader: { ".wasm": "file", ".bin": "file" }, logLevel: "silent",
  });
  const [result, problems] = await inBrowser(join(folder, "esbuild"));
  assert.ok(Number.isFinite(result), problems.join());
});
