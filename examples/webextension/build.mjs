// Builds what Thunderbird loads: `node build.mjs [FOLDER]`, default dist.

import { copyFile, mkdir, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const source = (name) => join(here, "src", name);
const dist = resolve(here, process.argv[2] ?? "dist");

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
for (const name of ["manifest.json", "icon.svg", "popup.html", "popup.css"]) await copyFile(source(name), join(dist, name));
for (const [name, file] of [["tamis.wasm", "tamis/tamis.wasm"], ["default.bin", "tamis/model/default.bin"]]) {
  await copyFile(fileURLToPath(import.meta.resolve(file)), join(dist, name));
}
await build({
  entryPoints: [source("background.js"), source("popup.js")],
  outdir: dist,
  bundle: true,
  format: "esm",
  target: "firefox140",
  logLevel: "warning",
});
