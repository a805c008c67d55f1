// Measures bogofilter beside tamis, both on the same mail in the same order, and prints a Markdown table.
//
//   node benches/bogofilter.mjs [--phishing INDEX --lists INDEX]
//
// Needs bogofilter (`apt install bogofilter`), which runs with its default settings. It is given the mail without
// the header fields in which other filters left their verdicts, since tamis does not look at those either. LAM% is
// at a probability of one half; p is the probability of so large a difference from tamis if there were none.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setImmediate as signals } from "node:timers/promises";

import { corpora, inOrder, run, sets, top } from "./corpora.mjs";

const SPLITS = 40;

if (spawnSync("bogofilter", ["-V"]).error) {
  console.error("bogofilter is not on the PATH: apt install bogofilter");
  process.exit(2);
}
const { spamassassin, recent } = corpora();
const tamis = (...args) => run(join(top, "target/release/tamis"), ...args);

const work = mkdtempSync(join(tmpdir(), "bogofilter-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
mkdirSync(join(work, "mail"));

const verdict = readFileSync(join(top, "src/message/verdict.rs"), "utf8");
const listed = (name) => {
  const [, list] = new RegExp(`const ${name}:[^=]*=\\s*&\\[([^\\]]*)\\]`).exec(verdict);
  return [...list.matchAll(/"(.*?)"/g)].map((match) => match[1]);
};
const [parts, prefixes] = [listed("PARTS"), listed("PREFIXES")];

/** Whether a header field holds another filter's verdict. */
function isVerdict(field) {
  const name = /^[^:\s]*/.exec(field)[0].toLowerCase();
  return parts.some((part) => name.includes(part)) || prefixes.some((prefix) => name.startsWith(prefix));
}

const digest = (text) => createHash("sha256").update(text).digest("hex");

let copies = 0;

/** The messages of an index, each with a copy without verdicts and a digest of its body, white space aside. */
const read = (index) =>
  readFileSync(index, "utf8").trim().split("\n").map((line) => {
    const [label, name] = line.split(/ (.*)/);
    const path = join(dirname(index), name);
    const raw = readFileSync(path, "latin1");
    const end = /\r?\n\r?\n|$/.exec(raw).index;
    const header = raw.slice(0, end).split(/(?<=\n)(?![ \t])/).filter((field) => !isVerdict(field));
    const copy = join(work, "mail", String(copies++));
    writeFileSync(copy, header.join("") + raw.slice(end), "latin1");
    return { label, path, copy, body: digest(raw.slice(end).replace(/\s+/g, "")) };
  });

function bogofilter(mail, ...args) {
  const input = mail.map(({ copy }) => `${copy}\n`).join("");
  const options = { input, encoding: "utf8", maxBuffer: 1 << 28 };
  const all = ["-C", "-d", join(work, "db"), "-b", ...args];
  const { error, status, stdout, stderr } = spawnSync("bogofilter", all, options);
  // 0, 1 and 2 are verdicts.
  if (error || status === null || status > 2) throw error ?? new Error(`bogofilter ${args.join(" ")}: ${stderr}`);
  return stdout;
}

function learn(mail) {
  for (const [label, option] of [["ham", "-n"], ["spam", "-s"]]) {
    bogofilter(mail.filter((one) => one.label === label), option);
  }
}

/** Lines of a result file. */
function judge(mail) {
  const lines = bogofilter(mail, "-TT").trim().split("\n");
  if (lines.length !== mail.length) throw new Error(`bogofilter judged ${lines.length} of ${mail.length} messages`);
  return lines.map((line, i) => {
    const [copy, score] = line.split(" ");
    if (copy !== mail[i].copy) throw new Error(`bogofilter judged ${copy}, not ${mail[i].copy}`);
    return `${mail[i].path} judge=${mail[i].label} class=${score >= 0.5 ? "spam" : "ham"} score=${score}\n`;
  });
}

function forget() {
  rmSync(join(work, "db"), { recursive: true, force: true });
  mkdirSync(join(work, "db"));
  // It judges nothing without a database.
  learn([]);
}

function file(name, lines) {
  writeFileSync(join(work, name), lines.join(""));
  return join(work, name);
}

const index = (name, mail) => file(name, mail.map(({ label, path }) => `${label} ${path}\n`));

/** The figures of both from what bogofilter said and how tamis is told to measure itself. */
function compared(lines, ...args) {
  const results = join(work, "tamis");
  tamis("eval", "--json", "--results", results, ...args);
  return JSON.parse(tamis("compare", "--json", results, file("bogofilter", lines)));
}

function cross(train, test) {
  forget();
  learn(train);
  const indexes = ["--train-index", index("train", train), "--index", index("test", test)];
  return compared(judge(test), "--protocol", "cross", ...indexes);
}

async function immediate(mail) {
  forget();
  const lines = [];
  for (const one of mail) {
    lines.push(...judge([one]));
    learn([one]);
    await signals();
  }
  return compared(lines, "--protocol", "immediate", "--index", index("test", mail));
}

/** Two halves, random but the same for the same seed; messages with the same body are in the same. */
function halves(mail, seed) {
  const keyed = mail.map((one) => [digest(`${seed} ${one.body}`), one]);
  keyed.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  const end = keyed.findIndex(([key], i) => i >= mail.length / 2 && key !== keyed[i - 1][0]);
  const mixed = keyed.map(([, one]) => one);
  return [mixed.slice(0, end), mixed.slice(end)];
}

/** Keys in the figures, and how many digits of them are printed. */
const FIGURES = [["one_minus_roca", 4], ["sm_at_hm_01", 2], ["lam", 2]];

function print(name, cells) {
  ["tamis", "bogofilter"].forEach((filter, i) => {
    console.log(`| ${[name, filter, ...FIGURES.map((figure) => cells(figure, i))].join(" | ")} |`);
  });
}

function printOne(name, both) {
  print(name, ([key, digits], i) => {
    const { value, low, high, difference } = both[i][key];
    const range = `${value.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
    return difference ? `${range}, p ${difference.p < 0.001 ? "< 0.001" : `= ${difference.p.toFixed(3)}`}` : range;
  });
}

function printMedian(name, all) {
  print(name, ([key, digits], i) => {
    const sorted = all.map((both) => both[i][key].value).sort((a, b) => a - b);
    const middle = (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
    return `${middle.toFixed(digits)} (${sorted[0].toFixed(digits)}–${sorted.at(-1).toFixed(digits)})`;
  });
}

console.log("| mail | filter | 1-ROCA% | sm% at hm 0.1 % | LAM% |");
console.log("|---|---|---|---|---|");

const old = read(spamassassin);
const splits = [];
for (let seed = 1; seed <= SPLITS; seed++) {
  splits.push(cross(...halves(old, seed)));
  await signals(); // Or an interrupt would wait for the end.
}
printMedian(`SpamAssassin, ${SPLITS} random halves: median (lowest–highest)`, splits);

const [first, later] = sets(spamassassin).map(read);
printOne("SpamAssassin: first sets → later sets", cross(first, later));
printOne("SpamAssassin: later sets → first sets", cross(later, first));
if (recent) {
  const recents = recent.flatMap(read);
  printOne("SpamAssassin → recent", cross(old, recents));
  printOne("recent → SpamAssassin", cross(recents, old));
}
printOne("SpamAssassin in order, immediate feedback", await immediate(read(inOrder(spamassassin))));
