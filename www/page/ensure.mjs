// Installs what the page's tools need, if it is missing.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const page = dirname(fileURLToPath(import.meta.url));
const run = (program, args) => execFileSync(program, args, { cwd: page, stdio: ["ignore", "ignore", "inherit"] });

export function ensureModules() {
  const needed = ["axe-core", "esbuild", "playwright-core", "htmlparser2", "postal-mime"];
  if (needed.every((name) => existsSync(join(page, "node_modules", name, "package.json")))) return;
  run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
}

/** A Debian package, unless one of `files` is there already. */
export function ensurePackage(name, files) {
  const found = files.find((file) => existsSync(file));
  if (found) return found;
  const root = process.getuid?.() === 0 ? [] : ["sudo"];
  const apt = (...args) => {
    const [program, ...rest] = [...root, "apt-get", "-qq", "-y", ...args];
    run(program, rest);
  };
  apt("update");
  apt("install", "--no-install-recommends", name);
  return files.find((file) => existsSync(file));
}

/** The system's Chromium. */
export const ensureChromium = () => ensurePackage("chromium", [
  "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
]);
