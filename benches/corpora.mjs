// The mail that the measuring scripts read, and the program they run.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

export const top = dirname(dirname(fileURLToPath(import.meta.url)));

/** What a program prints. */
export const run = (program, ...args) =>
  execFileSync(program, args, { cwd: top, encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "inherit"] });

/**
 * The TREC index files that the arguments name: `--chinese`, mail in the order of its arrival (TREC 2006);
 * `--phishing` and `--lists`, recent mail of one class each; and the SpamAssassin corpus, which is fetched.
 * Builds the program, too. Those in `needed` must be there.
 */
export function corpora(needed = []) {
  const options = { algorithm: { type: "string", multiple: true } };
  for (const name of ["chinese", "phishing", "lists"]) options[name] = { type: "string" };
  const { values } = parseArgs({ options });
  const missing = needed.filter((name) => !values[name]);
  if (missing.length > 0) {
    console.error(`missing: ${missing.map((name) => `--${name} INDEX`).join(" ")}`);
    process.exit(2);
  }
  run("cargo", "build", "--release", "--quiet");
  const spamassassin = join(top, run("models/corpus.sh").trim());
  const [chinese, phishing, lists] = ["chinese", "phishing", "lists"].map((name) => values[name] && resolve(values[name]));
  return { spamassassin, chinese, recent: phishing && lists && [phishing, lists], algorithms: values.algorithm };
}

/** An index of the same mail in the order in which the newest server received it, as far as it says so. */
export function inOrder(index) {
  const folder = dirname(index);
  const arrival = (path) => {
    const header = readFileSync(join(folder, path), "latin1").split(/\r?\n\r?\n/, 1)[0].replace(/\r?\n[ \t]+/g, " ");
    const received = /^Received:.*;\s*(.*)$/im.exec(header) ?? /^Date:\s*(.*)$/im.exec(header);
    return Date.parse(received?.[1].replace(/\(.*?\)/g, "")) || 0;
  };
  const lines = readFileSync(index, "utf8").trim().split("\n");
  const timed = lines.map((line, i) => [arrival(line.slice(line.indexOf(" ") + 1)), i, line]);
  timed.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const ordered = join(folder, "in-order");
  writeFileSync(ordered, timed.map((entry) => `${entry[2]}\n`).join(""));
  return ordered;
}

/**
 * Two indexes of the SpamAssassin corpus: the mail of its first public sets, and that of the later ones, part of which
 * others collected.
 */
export function sets(index) {
  const folder = dirname(index);
  const lines = readFileSync(index, "utf8").trim().split("\n");
  const write = (name, sets) => {
    const found = lines.filter((line) => sets.includes(line.slice(line.indexOf(" ") + 1).split("/")[0]));
    writeFileSync(join(folder, name), found.map((line) => `${line}\n`).join(""));
    return join(folder, name);
  };
  return [write("first-sets", ["easy-ham-1", "spam-1"]), write("later-sets", ["easy-ham-2", "hard-ham-1", "spam-2"])];
}
