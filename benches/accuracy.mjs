// Measures accuracy by the protocols of the TREC Spam Track and prints a Markdown table.
//
//   node benches/accuracy.mjs [--chinese INDEX] [--phishing INDEX] [--lists INDEX] [--algorithm NAME]...
//
// Rows on the SpamAssassin corpus are always there: models/corpus.sh fetches it. The others need TREC
// index files: Chinese mail in the order of its arrival (TREC 2006), recent phishing, recent list mail.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { corpora, inOrder, run, top } from "./corpora.mjs";

const { spamassassin, chinese, recent, algorithms = ["blend", "naive-bayes", "linear"] } = corpora();

const trainScript = readFileSync(join(top, "models/train.sh"), "utf8");
const without = [...trainScript.matchAll(/^without\+?=(.*)$/gm)].map((match) => match[1]).join("").replace(/^,/, "");
const [, maxFeatures] = trainScript.match(/--max-features (\d+)/);
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
    ["--index", spamassassin, chinese, ...recent, "--protocol", "kfold:5", "--without", without, "--max-features", maxFeatures],
  ],
];

const range = (figure, digits) =>
  `${figure.value.toFixed(digits)} (${figure.low.toFixed(digits)}–${figure.high.toFixed(digits)})`;
console.log("| mail | algorithm | 1-ROCA% | sm% at hm 0.1 % | LAM% | hm% / sm% at the thresholds | unsure % | Brier | ECE % |");
console.log("|---|---|---|---|---|---|---|---|---|");
for (const [name, args] of rows.filter(Boolean)) {
  for (const algorithm of algorithms) {
    const found = JSON.parse(run(join(top, "target/release/tamis"), "eval", "--json", "--algorithm", algorithm, ...args));
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
