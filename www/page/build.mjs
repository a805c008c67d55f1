// Builds dist/: the page as static files, for any host. Needs the package's own dist/, which it makes where
// it is missing.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { CSP } from "./csp.mjs";

const page = dirname(fileURLToPath(import.meta.url));
const www = dirname(page);
const root = dirname(www);
export const dist = join(page, "dist");

/** The package's entries for browsers, by the names that its exports map gives them. */
function packageEntries() {
  const { name, exports } = JSON.parse(readFileSync(join(www, "package.json"), "utf8"));
  const file = (target) => (typeof target === "string" ? target : file(target.browser ?? target.default));
  const entries = Object.entries(exports).filter(([path]) => !path.includes("*"));
  return Object.fromEntries(entries.map(([path, target]) => [name + path.slice(1), join(www, file(target))]));
}

/** All messages of a folder as one mbox (mboxrd), in the order of their names. */
function mboxOf(folder) {
  const messages = readdirSync(folder).sort().map((name) => {
    const source = readFileSync(join(folder, name), "latin1").replace(/^(>*From )/gm, ">$1");
    return `From examples@tamis.example Mon Jan  1 00:00:00 2024\n${source.replace(/\n*$/, "\n\n")}`;
  });
  return Buffer.from(messages.join(""), "latin1");
}

function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)).replaceAll("\\", "/"))
    .sort();
}

export async function build() {
  if (!existsSync(join(www, "dist", "tamis.wasm"))) {
    execFileSync(process.execPath, [join(www, "build.mjs")], { stdio: "inherit" });
  }
  const { build: bundle } = await import("esbuild");
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(join(dist, "examples"), { recursive: true });

  const alias = packageEntries();
  await bundle({
    // The package starts its worker from beside itself, and reads ../dist: both are laid out so here.
    entryPoints: { main: join(page, "src", "main.js"), "worker-thread": alias["tamis/worker-thread"] },
    outdir: join(dist, "app"),
    alias,
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    sourcemap: true,
    logLevel: "warning",
  });
  cpSync(join(www, "dist", "tamis.wasm"), join(dist, "dist", "tamis.wasm"));
  cpSync(join(www, "dist", "model"), join(dist, "dist", "model"), { recursive: true });
  for (const name of ["style.css", "icon.svg", "manifest.webmanifest"]) cpSync(join(page, name), join(dist, name));
  for (const label of ["ham", "spam"]) {
    writeFileSync(join(dist, "examples", `${label}.mbox`), mboxOf(join(root, "tests", "data", label)));
  }
  writeFileSync(join(dist, "index.html"), readFileSync(join(page, "index.html"), "utf8").replace("{{CSP}}", CSP));

  const files = filesOf(dist).filter((name) => !name.endsWith(".map"));
  const hash = createHash("sha256");
  for (const name of files) hash.update(name).update(readFileSync(join(dist, name)));
  const worker = readFileSync(join(page, "sw.js"), "utf8")
    .replace('"{{VERSION}}"', JSON.stringify(hash.digest("hex").slice(0, 16)))
    .replace('"{{FILES}}"', JSON.stringify(files));
  writeFileSync(join(dist, "sw.js"), worker);
}
