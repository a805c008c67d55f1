// Builds dist/, which Thunderbird loads: `node build.mjs`.

import { copyFile, cp, mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = new URL(".", import.meta.url);
const path = (name) => fileURLToPath(new URL(name, here));

await rm(path("dist"), { recursive: true, force: true });
await mkdir(path("dist"));
for (const file of ["manifest.json", "icon.svg", "popup.html", "popup.css"]) await cp(path(`src/${file}`), path(`dist/${file}`));
await copyFile(fileURLToPath(import.meta.resolve("tamis/tamis.wasm")), path("dist/tamis.wasm"));
await copyFile(fileURLToPath(import.meta.resolve("tamis/model/default.bin")), path("dist/default.bin"));
await build({
  entryPoints: [path("src/background.js"), path("src/popup.js")],
  outdir: path("dist"),
  bundle: true,
  format: "esm",
  target: "firefox140",
  logLevel: "warning",
});
