// How many messages a second one core of Node classifies, and the same of the native engine on the same
// messages: node bench/speed.mjs INDEX

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { createClassifier } from "tamis";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const index = process.argv[2];
const folder = dirname(index);
const messages = readFileSync(index, "utf8").trim().split("\n").map((line) => readFileSync(join(folder, line.split(" ")[1])));

const classifier = await createClassifier();
const run = () => {
  const start = performance.now();
  for (const message of messages) classifier.classifySync(message);
  return (messages.length / (performance.now() - start)) * 1000;
};
const wasm = Math.max(run(), run(), run(), run(), run());
const native = JSON.parse(
  execFileSync("cargo", ["run", "--quiet", "--release", "--locked", "--no-default-features", "--example", "vectors", "--", "--time", "models/default.tamis", index],
    { cwd: root, encoding: "utf8" }),
).perSecond;
console.log(JSON.stringify({ messages: messages.length, native: Math.round(native), wasm: Math.round(wasm), share: +(wasm / native).toFixed(3) }));
