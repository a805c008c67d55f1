// What tests need from outside, installed from its registry if it is missing.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { ensureChromium } from "../page/ensure.mjs";
import { serve as serveFolder } from "../page/serve.mjs";

export const www = dirname(dirname(fileURLToPath(import.meta.url)));
export const root = dirname(www);

const RUNTIMES = {
  bun: "1.4.5",
  deno: "2.9.6",
  esbuild: "0.28.2",
  miniflare: "4.20260426.0",
  "playwright-core": "1.65.1",
  vite: "8.3.8",
  webpack: "5.112.2",
};
const folder = join(root, "target", "runtimes");

/** Installs runtimes and bundlers from npm, all of these versions, once. */
export function ensureRuntimes() {
  const missing = Object.entries(RUNTIMES).filter(([name, version]) => {
    try {
      return createRequire(join(folder, "x.js"))(join(folder, "node_modules", name, "package.json")).version !== version;
    } catch {
      return true;
    }
  });
  if (missing.length === 0) return;
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, "package.json"))) writeFileSync(join(folder, "package.json"), '{"private":true}\n');
  const packages = Object.entries(RUNTIMES).map(([name, version]) => `${name}@${version}`);
  execFileSync("npm", ["install", "--silent", "--no-audit", "--no-fund", "--save-exact", ...packages], { cwd: folder, stdio: "inherit" });
}

/** A program of a runtime. */
export const program = (name) => join(folder, "node_modules", ".bin", name);

/** A module of a runtime. */
export const imported = async (name) => import(createRequire(join(folder, "x.js")).resolve(name));

/** Starts the system's Chromium. */
export async function launch(options = {}) {
  const { chromium: browser } = (await imported("playwright-core")).default;
  return browser.launch({ executablePath: ensureChromium(), args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"], ...options });
}

/** Serves files of the package, and `extra` paths; `headers` go with every answer. */
export async function serve({ extra, headers = {} } = {}) {
  const server = await serveFolder(www, { extra, headers });
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
