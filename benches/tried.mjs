// Measures what was tried and not kept, for docs/experiments.md:
//
//   node benches/tried.mjs --chinese INDEX --phishing INDEX --lists INDEX
//
// Features that were tried are chosen by the environment (TRIED_GRAMS, TRIED_THIRD, TRIED_SELECT), numbers of the
// learner by `tamis eval --set`.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { corpora, inOrder, sets, top } from "./corpora.mjs";

const { spamassassin, chinese, recent } = corpora(["chinese", "phishing", "lists"]);
const [first, later] = sets(spamassassin);

const trainScript = readFileSync(join(top, "models/train.sh"), "utf8");
const without = [...trainScript.matchAll(/^without\+?=(.*)$/gm)].map((match) => match[1]).join("").replace(/^,/, "");
const text = "subject,subject-gram,subject-length,body,hidden,title";
const mixture = ["--index", spamassassin, chinese, ...recent, "--protocol", "kfold:5", "--without", without, "--max-features", "27000"];

const splits = [1, 2, 3, 4, 5, 6].map((n) => ["--index", spamassassin, "--protocol", `kfold:2:${n}`]);
const stream = ["--index", inOrder(spamassassin), "--protocol", "immediate"];
const usual = {
  halves: splits,
  stream: [stream],
  "first 2,000": [["--index", inOrder(spamassassin), "--protocol", "batch:2000"]],
  "first → later": [["--train-index", first, "--index", later, "--protocol", "cross"]],
  "later → first": [["--train-index", later, "--index", first, "--protocol", "cross"]],
  "SA → recent": [["--train-index", spamassassin, "--index", ...recent, "--protocol", "cross"]],
  "recent → SA": [["--train-index", ...recent, "--index", spamassassin, "--protocol", "cross"]],
  "SA → zh": [["--train-index", spamassassin, "--index", chinese, "--protocol", "cross"]],
};

const set = (...settings) => ({ args: settings.flatMap((setting) => ["--set", setting]) });
const env = (name, value) => ({ env: { [`TRIED_${name}`]: value } });
const kept = {};
const tables = [
  ["Hiding evidence", usual, {
    "**nothing**": kept,
    "three features of ten": set("hide=0.3"),
    "five of ten": set("hide=0.5"),
    "the text of 15 % of the messages": set("hide-text=0.15"),
    "all but the text of 15 %": set("hide-other=0.15"),
    "one or the other, of 10 % each": set("hide-text=0.1", "hide-other=0.1"),
    "a fifth of the messages, another for each order": set("leave=5"),
    "a fifth, as they come": set("leave-block=5"),
    "a tenth, as they come, ten orders": set("leave-block=10", "orders=10"),
  }],
  ["Other learners", usual, {
    "**kept**": kept,
    "ham counts twice": set("ham=2"),
    "ham counts four times": set("ham=4"),
    "mean of the steps after the first epoch": set("average=1"),
    "weights from n messages count n / (n + 0.5)": set("rare=0.5"),
    "nothing from what is in one message only": set("seen=2"),
    "FTRL-proximal": set("ftrl=1"),
    "the same with L1 of 0.02": set("ftrl=1", "l1=0.02"),
    "the same with L2 of 0.1": set("ftrl=1", "l2=0.1"),
    "the text's part counts twice": set("twice=2"),
    "the rest learns what the text leaves": set("residual=1"),
    "subjects a third part": env("THIRD", "subject"),
    "links a third part": env("THIRD", "links"),
    "transport a third part": env("THIRD", "transport"),
  }],
  ["Other features", usual, {
    "**kept**": kept,
    "4-grams of all hosts": env("GRAMS", "hosts"),
    "4-grams of hosts in links": env("GRAMS", "links"),
    "4-grams of display names": env("GRAMS", "names"),
  }],
  ["A stream", { stream: [stream], "zh stream, text only": [["--index", chinese, "--protocol", "immediate", "--only", text]] }, {
    "**each message once**": kept,
    "twice": set("again=2"),
    "and an earlier one": set("replay=1"),
    "and three earlier ones": set("replay=3"),
  }],
  ["A small model", { "mixture, five folds": [mixture] }, {
    "all features": { args: ["--max-features", "100000000"] },
    "**27,000, by pull times root of frequency**": kept,
    "27,000, by mutual information with the class": env("SELECT", "information"),
    "27,000, by the product of pull, root of frequency and root of mutual information": env("SELECT", "product"),
  }],
];

/** Figures by their arguments: some stand in several tables. */
const measured = new Map();

function value(args, more) {
  const key = JSON.stringify([args, more]);
  if (!measured.has(key)) {
    const options = { encoding: "utf8", env: { ...process.env, ...more }, stdio: ["ignore", "pipe", "inherit"] };
    const { status, stdout } = spawnSync(join(top, "target/release/tamis"), ["eval", "--json", ...args], options);
    if (status !== 0) process.exit(1);
    measured.set(key, JSON.parse(stdout).one_minus_roca);
  }
  return measured.get(key);
}

function cell(runs, { args = [], env = {} }) {
  const only = args.includes("--max-features") ? (run) => run.slice(0, -2) : (run) => run;
  const found = runs.map((run) => value([...only(run), ...args], env));
  const values = found.map((one) => one.value);
  const mean = values.reduce((a, b) => a + b) / values.length;
  const [low, high] = found.length > 1 ? [Math.min(...values), Math.max(...values)] : [found[0].low, found[0].high];
  const digits = mean < 1 ? 4 : 2;
  return `${mean.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
}

for (const [title, columns, rows] of tables) {
  console.log(`\n## ${title}\n`);
  console.log(`| | ${Object.keys(columns).join(" | ")} |\n|---|${"---|".repeat(Object.keys(columns).length)}`);
  for (const [name, one] of Object.entries(rows)) {
    console.log(`| ${name} | ${Object.values(columns).map((runs) => cell(runs, one)).join(" | ")} |`);
  }
}
