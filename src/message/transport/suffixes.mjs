// Writes suffixes.txt beside this script from the Public Suffix List in the psl crate, which tests compare
// the two by. The file is a tree of labels, from the last one of a name on: siblings in the order of their
// characters, each as the number of characters that it shares with the one before (A is none, B one, …), the
// others, a mark and, in parentheses, what is below it. The mark says what the rules have of the name: `=` the
// name, `*` all names below it, `+` both, `!` an exception from the rule above, none nothing. Names of one
// label that are only themselves are left out: a name without a rule is taken for one of these anyway.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const here = import.meta.dirname;
const metadata = JSON.parse(execFileSync("cargo", ["metadata", "--format-version", "1", "--locked"], { cwd: here, maxBuffer: 1 << 28 }));
const psl = metadata.packages.find(({ name }) => name === "psl");
const rules = readFileSync(join(dirname(psl.manifest_path), "data", "rules.txt"), "utf8").split(/\r?\n/);

const root = { mark: "", below: new Map() };
for (const rule of rules.filter((line) => line && !line.startsWith("//"))) {
  const [, sign, name] = /^(!|\*\.)?(.*)$/.exec(rule);
  let node = root;
  for (const label of name.split(".").reverse()) {
    if (!node.below.has(label)) node.below.set(label, { mark: "", below: new Map() });
    node = node.below.get(label);
  }
  const mark = { "!": "!", "*.": "*" }[sign] ?? "=";
  node.mark = node.mark === "" ? mark : "+";
}
for (const [label, { mark, below }] of root.below) {
  if (mark === "=" && below.size === 0) root.below.delete(label);
}

function written({ below }) {
  let before = [];
  const sorted = [...below].map(([label, node]) => [[...label], node]).sort(([a], [b]) => (a.join() < b.join() ? -1 : 1));
  return sorted.map(([label, node]) => {
    let shared = label.findIndex((character, i) => character !== before[i]);
    if (shared < 0) shared = label.length;
    shared = Math.min(shared, 25);
    before = label;
    // Most are names without others below: these need no mark.
    const mark = node.below.size === 0 && node.mark === "=" ? "" : node.mark || "?";
    const inner = node.below.size === 0 ? "" : `(${written(node)})`;
    return String.fromCharCode(65 + shared) + label.slice(shared).join("") + mark + inner;
  }).join("");
}
writeFileSync(join(here, "suffixes.txt"), written(root));
