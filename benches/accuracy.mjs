// Measures accuracy by the protocols of the TREC Spam Track and prints a Markdown table.
//
//   node benches/accuracy.mjs [--chinese INDEX] [--phishing INDEX] [--lists INDEX] [--algorithm NAME]...
//
// Rows on the SpamAssassin corpus are always there: models/corpus.sh fetches it. The others need TREC
// index files: Chinese mail in the order of its arrival (TREC 2006), recent phishing, recent list mail.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const run = (program, ...args) => execFileSync(program, args, { cwd: top, encoding: "utf8", maxBuffer: 1 << 28 });

const options = { chinese: {}, phishing: {}, lists: {}, algorithm: { multiple: true, default: ["blend", "naive-bayes", "linear"] } };
for (const option of Object.values(options)) option.type = "string";
const { values } = parseArgs({ options });

run("cargo", "build", "--release", "--quiet");
const spamassassin = join(top, run("models/corpus.sh").trim());
const { chinese, phishing, lists } = values;
const recent = phishing && lists && [phishing, lists];

/** The corpus in the order in which the newest server received each message, as far as it says so. */
function inOrder(index) {
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

const trainScript = readFileSync(join(top, "models/train.sh"), "utf8");
const without = [...trainScript.matchAll(/^without\+?=(.*)$/gm)].map((match) => match[1]).join("").replace(/^,/, "");
const text = "subject,subject-gram,subject-length,body,hidden,title";

const rows = [
  ["SpamAssassin, two halves", ["--index", spamassassin, "--protocol", "kfold:2"]],
  ["SpamAssassin, five folds", ["--index", spamassassin, "--protocol", "kfold:5"]],
  ["SpamAssassin in order, immediate feedback", ["--index", inOrder(spamassassin), "--protocol", "immediate"]],
  ["SpamAssassin in order, the first 2,000 learned", ["--index", inOrder(spamassassin), "--protocol", "batch:2000"]],
  chinese && ["Chinese, immediate feedback", ["--index", chinese, "--protocol", "immediate"]],
  chinese && ["Chinese, immediate feedback, text only", ["--index", chinese, "--protocol", "immediate", "--only", text]],
  chinese && ["Chinese, the first 10,000 learned", ["--index", chinese, "--protocol", "batch:10000"]],
  recent && ["SpamAssassin → recent", ["--train-index", spamassassin, "--index", ...recent, "--protocol", "cross"]],
  recent && ["recent → SpamAssassin", ["--train-index", ...recent, "--index", spamassassin, "--protocol", "cross"]],
  chinese && ["SpamAssassin → Chinese", ["--train-index", spamassassin, "--index", chinese, "--protocol", "cross"]],
  chinese && recent && ["SpamAssassin, Chinese → recent", ["--train-index", spamassassin, chinese, "--index", ...recent, "--protocol", "cross"]],
  chinese && recent && [
    "the default model's mixture, five folds",
    ["--index", spamassassin, chinese, ...recent, "--protocol", "kfold:5", "--without", without, "--max-features", "28000"],
  ],
];

const range = (figure, digits) =>
  `${figure.value.toFixed(digits)} (${figure.low.toFixed(digits)}–${figure.high.toFixed(digits)})`;
console.log("| mail | algorithm | 1-ROCA% | sm% at hm 0.1 % | LAM% | hm% / sm% at the thresholds | unsure % | Brier | ECE % |");
console.log("|---|---|---|---|---|---|---|---|---|");
for (const [name, args] of rows.filter(Boolean)) {
  for (const algorithm of values.algorithm) {
    const printed = JSON.parse(run("target/release/tamis", "eval", "--json", "--algorithm", algorithm, ...args));
    const found = printed.summary ?? printed;
    const cells = [
      name,
      algorithm,
      range(found.one_minus_roca, 4),
      range(found.sm_at_hm_01, 2),
      range(found.lam, 2),
      `${found.ham_called_spam.value.toFixed(2)} / ${found.spam_called_ham.value.toFixed(2)}`,
      found.unsure.value.toFixed(2),
      found.brier.value.toFixed(4),
      found.ece.value.toFixed(2),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}
