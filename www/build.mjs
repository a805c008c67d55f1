// Builds dist/: the module, its glue, the model without names. Needs cargo, rustup and node; installs the Wasm
// target, the source of the standard library, and the wasm-bindgen program of the version in Cargo.lock, where
// they are missing.

import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { forSize } from "./hot.mjs";
import { fold, tablesOf } from "./tables.mjs";

const www = dirname(fileURLToPath(import.meta.url));
const root = dirname(www);
const target = join(root, "target");
const dist = join(www, "dist");
const TRIPLE = "wasm32-unknown-unknown";
/** What rustc uses of WebAssembly by itself: all that is in every runtime for years. */
const FEATURES = [
  "--enable-bulk-memory", "--enable-reference-types", "--enable-multivalue", "--enable-mutable-globals",
  "--enable-nontrapping-float-to-int", "--enable-sign-ext",
];

const run = (program, args, options = {}) =>
  execFileSync(program, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], ...options });
const output = (program, args) => execFileSync(program, args, { cwd: root, encoding: "utf8" }).trim();

function ensureTarget() {
  const libraries = output("rustc", ["--print", "target-libdir", "--target", TRIPLE]);
  const source = join(output("rustc", ["--print", "sysroot"]), "lib/rustlib/src/rust/library/Cargo.lock");
  if (!existsSync(libraries)) run("rustup", ["target", "add", TRIPLE]);
  if (!existsSync(source)) run("rustup", ["component", "add", "rust-src"]);
}

/** The wasm-bindgen program of the version in Cargo.lock, kept in target/tools. */
function ensureBindgen() {
  const lock = readFileSync(join(root, "Cargo.lock"), "utf8");
  const version = lock.match(/name = "wasm-bindgen"\nversion = "([^"]+)"/)[1];
  const tools = join(target, "tools");
  for (const program of [join(tools, "bin", "wasm-bindgen"), "wasm-bindgen"]) {
    try {
      if (output(program, ["--version"]) === `wasm-bindgen ${version}`) return program;
    } catch {
      // Not there.
    }
  }
  run("cargo", ["install", "--quiet", "wasm-bindgen-cli", "--version", version, "--root", tools]);
  return join(tools, "bin", "wasm-bindgen");
}

/** Installs the devDependencies where they are missing. */
function ensurePackages() {
  const { resolve } = createRequire(import.meta.url);
  try {
    for (const name of ["binaryen/package.json", "esbuild"]) resolve(name);
  } catch {
    run("npm", ["ci", "--silent", "--no-audit", "--no-fund"], { cwd: www });
  }
}

/** Runs a program of the binaryen package. */
function binaryen(name, args) {
  const programs = join(dirname(createRequire(import.meta.url).resolve("binaryen/package.json")), "bin");
  run(process.execPath, [join(programs, name), ...FEATURES, ...args]);
}

/**
 * wasm-bindgen's glue is a module with one instance for the whole page. Here each classifier has an
 * instance of its own, which can be replaced after a trap and whose memory goes when it goes: so the
 * glue becomes the body of a function.
 */
function instanceOf(glue, version, tables) {
  const end = glue.indexOf("async function __wbg_load");
  const sync = glue.indexOf("function initSync");
  const rest = glue.indexOf("let __wbg_init_promise");
  if (end < 0 || sync < end || rest < sync || !/^export class Engine/m.test(glue)) {
    throw new Error("the glue of this wasm-bindgen is of another form than build.mjs expects");
  }
  const start = "return __wbg_finalize_init(instance, module);";
  if (!glue.includes(start)) throw new Error("the glue of this wasm-bindgen starts its instance otherwise");
  const body = (glue.slice(0, end) + glue.slice(sync, rest).replace(start, `unfold(instance.exports);\n    ${start}`))
    .replace(/^export (class|function)/gm, "$1");
  return `
export const version = ${JSON.stringify(version)};

/** Tables that are rearranged in the module: address, rows, width, deltas. */
const TABLES = ${JSON.stringify(tables.flat())};

function unfold({ unfold_table }) {
  for (let i = 0; i < TABLES.length; i += 4) unfold_table(TABLES[i], TABLES[i + 1], TABLES[i + 2], TABLES[i + 3]);
}

/** An engine of its own in a new instance of the module; toldBy makes errors of the strings that it throws. */
export function instantiate(module, model, toldBy) {
${body}
  initSync({ module });
  const stack = wasm.__stack_pointer.value;
  let engine;
  try {
    engine = new Engine(model);
  } catch (thrown) {
    throw typeof thrown === "string" ? toldBy(thrown) : thrown;
  }
  engine.trapped = false;
  engine.messageBytes = message_bytes();
  // A trap leaves the stack as it was at that depth.
  engine.salvage = () => {
    wasm.__stack_pointer.value = stack;
    return engine.export_personal();
  };
  return engine;
}
`;
}

const built = join(target, TRIPLE, "wasm");
const map = join(built, "tamis.map");
mkdirSync(built, { recursive: true });
ensureTarget();
ensurePackages();
const bindgen = ensureBindgen();
// Inlining less than rustc does makes the module a tenth smaller, and no slower; so does compiling for size what is
// not hot (hot.mjs), by the names that a first pass tells. The standard library is built for size and without the
// texts of panics, which nobody sees here: that is what needs RUSTC_BOOTSTRAP.
const flags = ["-Zunstable-options", "-Cpanic=immediate-abort", "-Zlocation-detail=none", "-Cllvm-args=--inline-threshold=50", `--remap-path-prefix=${root}=.`, `--remap-path-prefix=${process.env.CARGO_HOME ?? join(process.env.HOME, ".cargo")}=cargo`];
const rustc = (...args) => run("cargo", [
  "rustc", "--locked", "--lib", "--crate-type", "cdylib", "--profile", "wasm", "--target", TRIPLE,
  "--no-default-features", "--features", "wasm", "-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size", "--", ...args,
], { env: { ...process.env, RUSTC_BOOTSTRAP: "1", RUSTFLAGS: flags.join(" ") } });
const [ir, cold] = [join(built, "tamis.ll"), join(built, "cold.csv")];
rustc("-C", "no-prepopulate-passes", "-C", "lto=off", `--emit=llvm-ir=${ir}`);
writeFileSync(cold, forSize(readFileSync(ir, "utf8")));
rustc(
  "-C", `llvm-args=--forceattrs-csv-path=${cold}`, "-C", "link-arg=--export=__stack_pointer", "-C", `link-arg=--Map=${map}`,
);

const glue = join(built, "bindgen");
run(bindgen, [
  join(built, "tamis.wasm"), "--target", "web", "--omit-default-module-path", "--no-typescript",
  "--remove-producers-section", "--out-name", "tamis", "--out-dir", glue,
]);

rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, "model"), { recursive: true });
const part = (name) => join(glue, name);
binaryen("wasm-as", [join(www, "tables.wat"), "-o", part("tables.wasm")]);
binaryen("wasm-merge", [part("tamis_bg.wasm"), "main", part("tables.wasm"), "tables", "-o", part("merged.wasm")]);
binaryen("wasm-opt", [
  part("merged.wasm"), "-O3", "--skip-pass=memory-packing", "--strip-debug", "--strip-producers", "--strip-target-features",
  "-o", part("optimised.wasm"),
]);
const { folded, list } = fold(readFileSync(part("optimised.wasm")), tablesOf(readFileSync(map, "utf8")));
writeFileSync(join(dist, "tamis.wasm"), folded);
const version = output("cargo", ["pkgid", "--locked"]).split(/[#@]/).pop();
const { transformSync } = await import("esbuild");
const engine = transformSync(instanceOf(readFileSync(part("tamis.js"), "utf8"), version, list), { minify: true, target: "es2022" });
writeFileSync(join(dist, "engine.js"), `// Generated by build.mjs from the glue of wasm-bindgen.\n${engine.code}`);
run("cargo", ["run", "--quiet", "--locked", "--release", "--example", "strip", "--no-default-features", "--",
  "models/default.tamis", join(dist, "model", "default.bin")]);
for (const license of ["LICENSE-APACHE", "LICENSE-MIT"]) copyFileSync(join(root, license), join(www, license));
