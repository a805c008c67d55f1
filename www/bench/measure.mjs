// What the package costs: bytes, cold start, throughput beside the native engine, a large message, memory.
//
// node --expose-gc bench/measure.mjs [INDEX]     INDEX: a TREC index file; default the SpamAssassin corpus

import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

import { buildSync } from "esbuild";

import { sections } from "../tables.mjs";

const www = dirname(dirname(fileURLToPath(import.meta.url)));
const root = dirname(www);
const index = process.argv[2] ?? join(root, execFileSync("models/corpus.sh", { cwd: root, encoding: "utf8" }).trim());
const round = (number, digits = 1) => Number(number.toFixed(digits));
const show = (name, value) => console.log(`${name.padEnd(44)}${value}`);

// Bytes.
const brotli = (bytes) => {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN } = constants;
  return brotliCompressSync(bytes, { params: { [BROTLI_PARAM_QUALITY]: 11, [BROTLI_PARAM_LGWIN]: 24 } }).length;
};
const compressed = (name) => brotli(readFileSync(join(www, name)));
const glue = ["dist/engine.js", "src/classifier.js", "src/input.js", "src/load.js", "src/errors.js", "src/browser.js", "src/public-errors.js"];
const sizes = { wasm: compressed("dist/tamis.wasm"), glue: glue.map(compressed).reduce((a, b) => a + b) };
show("module, brotli", `${round(sizes.wasm / 1000)} kB`);
const module = readFileSync(join(www, "dist/tamis.wasm"));
for (const { id, start, end } of sections(module)) {
  const name = { 10: "code", 11: "data" }[id];
  if (name) show(`  of that ${name}`, `${round(brotli(module.subarray(start, end)) / 1000)} kB`);
}
const tables = {
  "charsets": ["message/charset/tables"], "public suffixes": ["message/transport/suffixes.txt"],
  "names of characters in HTML": ["message/html/references.txt"], "Unicode": ["text/tables"],
};
for (const [name, paths] of Object.entries(tables)) {
  const bytes = paths.flatMap((path) => filesOf(join(root, "src", path))).filter((path) => !path.endsWith(".sh"));
  show(`    of that ${name}`, `${round(bytes.map((path) => brotli(readFileSync(path))).reduce((a, b) => a + b) / 1000)} kB`);
}
show("glue, brotli, its files one by one", `${round(sizes.glue / 1000)} kB`);
const bundle = buildSync({ entryPoints: [join(www, "src/browser.js")], bundle: true, minify: true, format: "esm", write: false });
show("glue, brotli, as a bundler minifies it", `${round(brotli(bundle.outputFiles[0].contents) / 1000)} kB`);
show("model without names, brotli", `${round(compressed("dist/model/default.bin") / 1000)} kB`);

function filesOf(path) {
  return statSync(path).isFile() ? [path] : readdirSync(path).map((name) => join(path, name));
}

// Cold start, each in a process of its own.
const cold = `
  import { readFileSync } from "node:fs";
  const message = readFileSync(process.argv[1]);
  const start = performance.now();
  const { createClassifier } = await import(${JSON.stringify(new URL("../src/node.js", import.meta.url).href)});
  const imported = performance.now();
  const classifier = await createClassifier();
  const created = performance.now();
  classifier.classifySync(message);
  console.log(JSON.stringify([imported - start, created - imported, performance.now() - created]));`;
const mail = readFileSync(index, "utf8").trim().split("\n").map((line) => join(dirname(index), line.slice(line.indexOf(" ") + 1)));
const colds = Array.from({ length: 15 }, () =>
  JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", cold, mail[0]], { encoding: "utf8" })));
const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
show("import, median of 15 processes", `${round(median(colds.map(([imported]) => imported)))} ms`);
show("compile and load the model", `${round(median(colds.map(([, created]) => created)))} ms`);
show("  the least", `${round(Math.min(...colds.map(([, created]) => created)))} ms`);
show("first verdict after that", `${round(median(colds.map(([, , verdict]) => verdict)))} ms`);

// Throughput, in turns with the native engine.
const { createClassifier } = await import("../src/node.js");
const classifier = await createClassifier();
const sample = mail.filter((_, i) => i % 6 === 0);
const messages = sample.map((path) => readFileSync(path));
execFileSync("cargo", ["build", "--quiet", "--release", "--locked", "--no-default-features", "--example", "vectors"], { cwd: root, stdio: "inherit" });
const native = () =>
  JSON.parse(execFileSync(join(root, "target/release/examples/vectors"), ["--time", join(www, "dist/model/default.bin"), ...sample], { encoding: "utf8" })).perSecond;
const wasm = () => {
  let best = 0;
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    for (const message of messages) classifier.classifySync(message);
    best = Math.max(best, (messages.length / (performance.now() - start)) * 1000);
  }
  return best;
};
const turns = Array.from({ length: 5 }, () => [native(), wasm()]);
const best = (i) => Math.max(...turns.map((turn) => turn[i]));
show(`native, best of 5, ${messages.length} messages`, `${Math.round(best(0))} messages/s`);
show("wasm in Node, in turns with it", `${Math.round(best(1))} messages/s`);
show("share, best of both; each turn", `${round(best(1) / best(0), 2)}; ${turns.map(([a, b]) => round(b / a, 2)).join(" ")}`);

// A large message of words that all differ.
let words = "Subject: large\nContent-Type: text/plain\n\n";
for (let i = 0; words.length < 10_000_000; i++) words += `w${(i * 7919).toString(36)}${i % 12 ? " " : "\n"}`;
const large = Buffer.from(words);
const start = performance.now();
classifier.classifySync(large);
show("a message of 10 MB", `${round(performance.now() - start)} ms`);

// Memory.
const memory = () => {
  globalThis.gc?.();
  return process.memoryUsage.rss();
};
const before = memory();
for (let i = 0; i < 100_000; i++) classifier.classifySync(messages[i % messages.length]);
show("memory after 100,000 messages", `${round((memory() - before) / 2 ** 20)} MiB more`);
