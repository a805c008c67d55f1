// What tests need from outside, installed from its registry if it is missing.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

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

/** The system's Chromium, from apt if there is none. */
export function chromium() {
  const find = () => {
    for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
      try {
        return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
      } catch {
        // The next one.
      }
    }
    return undefined;
  };
  const found = find();
  if (found) return found;
  execFileSync("apt-get", ["update", "-qq"], { stdio: "inherit" });
  execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], { stdio: "inherit" });
  return find();
}

/** Starts the system's Chromium. */
export async function launch(options = {}) {
  const { chromium: browser } = (await imported("playwright-core")).default;
  return browser.launch({ executablePath: chromium(), args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"], ...options });
}

const TYPES = { ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".html": "text/html; charset=utf-8" };

/** Serves files of the package, and `extra` paths; `headers` go with every answer. */
export async function serve({ extra = {}, headers = {} } = {}) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://x").pathname);
    try {
      const body = extra[path] ?? (await readFile(join(www, normalize(path))));
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream", ...headers });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
