// Makes the tables of docs/experiments.md anew.
//
//   node benches/experiments.mjs --chinese INDEX --phishing INDEX --lists INDEX
//
// Development mail only: what is reported is measured by accuracy.mjs.

import { join } from "node:path";

import { corpora, inOrder, run, sets, top } from "./corpora.mjs";

const { spamassassin, chinese, recent } = corpora(["chinese", "phishing", "lists"]);

const [first, later] = sets(spamassassin);

const columns = {
  halves: ["--index", spamassassin, "--protocol", "kfold:2"],
  stream: ["--index", inOrder(spamassassin), "--protocol", "immediate"],
  "zh stream": ["--index", chinese, "--protocol", "immediate"],
  "zh batch": ["--index", chinese, "--protocol", "batch:10000"],
  "first → later": ["--train-index", first, "--index", later, "--protocol", "cross"],
  "later → first": ["--train-index", later, "--index", first, "--protocol", "cross"],
  "SA → recent": ["--train-index", spamassassin, "--index", ...recent, "--protocol", "cross"],
  "recent → SA": ["--train-index", ...recent, "--index", spamassassin, "--protocol", "cross"],
  "SA → zh": ["--train-index", spamassassin, "--index", chinese, "--protocol", "cross"],
};

const bayes = ["--algorithm", "naive-bayes"];
const linear = ["--algorithm", "linear"];
const set = (...settings) => settings.flatMap((setting) => ["--set", setting]);
const lengths = (text, other) => set(`text-length=${text}`, `other-length=${other}`);
const roots = lengths(0.5, 0.5);
const before = [...roots, ...set("orders=1", "rate=0.5", "start=0", "views=0")];
const lately = [...roots, ...set("views=0.5")];
const lists = "list-*,x-list*,x-mailman-*,x-mailing-list,mailing-list,x-beenthere,x-loop,x-no-archive,archived-at,errors-to";
const tables = {
  "Which learner": {
    "multinomial naive Bayes, Laplace": ["--algorithm", "multinomial"],
    "Robinson's f, 75 strongest": ["--algorithm", "robinson"],
    "naive Bayes": bayes,
    linear,
    "**both**": [],
  },
  "What it is given": {
    "also names of header fields": ["--provenance"],
    "**neither names nor order of header fields**": [],
    "nor words of list fields": ["--without", lists],
    "nor whether the named carried it": ["--without", "carried"],
    "nor how the text is written": ["--without", "style,url-count,text-per-url"],
  },
  "Naive Bayes": {
    "**alpha 0.02, doubt 0.5, 25 of each**": bayes,
    "alpha 0.1": [...bayes, ...set("alpha=0.1")],
    "doubt 0.2": [...bayes, ...set("doubt=0.2")],
    "doubt 1": [...bayes, ...set("doubt=1")],
    "15 of each": [...bayes, ...set("strongest=15")],
    "50 of each": [...bayes, ...set("strongest=50")],
  },
  "The linear model": {
    "**ten orders, rate 1 from 3e-5, errors above 0.02, text 0.5, others 0.8**": linear,
    "one order": [...linear, ...set("orders=1")],
    "one order, rate 0.5 from 0, square roots, nothing from the views": [...linear, ...before],
    "five orders": [...linear, ...set("orders=5")],
    "five orders, three epochs": [...linear, ...set("orders=5", "epochs=3")],
    "rate 0.5": [...linear, ...set("rate=0.5")],
    "rate 0.7": [...linear, ...set("rate=0.7")],
    "rate 1.4": [...linear, ...set("rate=1.4")],
    "from 0": [...linear, ...set("start=0")],
    "from 3e-4": [...linear, ...set("start=3e-4")],
    "all errors": [...linear, ...set("margin=0")],
    "errors above 0.1": [...linear, ...set("margin=0.1")],
    "text 0.3, others 0.9": [...linear, ...set("text=0.3", "other=0.9")],
    "text 0.7, others 0.7": [...linear, ...set("text=0.7", "other=0.7")],
  },
  "What a message's length counts: the power for text, and for the rest": {
    "0.5, 0.5": roots,
    "0.5, 1": lengths(0.5, 1),
    "0.7, 0.7": lengths(0.7, 0.7),
    "**0.7, 1**": [],
    "0.7, 1.2": lengths(0.7, 1.2),
    "1, 1": lengths(1, 1),
    "0.5, 0.5, half from the views": lately,
  },
  "How much from text and other features, each learned alone": {
    none: set("views=0"),
    "0.3": set("views=0.3"),
    "0.5": set("views=0.5"),
    "0.6": set("views=0.6"),
    "**0.7**": [],
    "0.8": set("views=0.8"),
    all: set("views=1"),
  },
  "How much naive Bayes in the sum": {
    "0.0025": set("share=0.0025"),
    "**0.005**": [],
    "0.0075": set("share=0.0075"),
    "0.01": set("share=0.01"),
    "0.02": set("share=0.02"),
  },
};

/** Halves differ by how they are drawn: these rows are measured on many. */
const splits = Array.from({ length: 12 }, (_, i) => ["--index", spamassassin, "--protocol", `kfold:2:${i + 1}`]);
const halved = {
  "also names of header fields": ["--provenance"],
  "**all as it is**": [],
  "no words of list fields": ["--without", lists],
  "not whether the named carried it": ["--without", "carried"],
  "not how the text is written": ["--without", "style,url-count,text-per-url"],
  "five orders, three epochs": set("orders=5", "epochs=3"),
  "0.6 from the views, naive Bayes 0.0075": set("views=0.6", "share=0.0075"),
  "rate 0.7": set("rate=0.7"),
  "square roots": roots,
  "square roots, half from the views": lately,
  "nothing from the views": set("views=0"),
  "one order, rate 0.5 from 0, square roots, nothing from the views": before,
  linear,
  "naive Bayes": bayes,
};

/** Figures by their arguments: some stand in several tables. */
const measured = new Map();

function figures(args) {
  const key = args.join(" ");
  if (!measured.has(key)) {
    measured.set(key, JSON.parse(run(join(top, "target/release/tamis"), "eval", "--json", ...args)));
  }
  return measured.get(key);
}

function interval({ value, low, high }) {
  const digits = value < 1 ? 4 : 2;
  return `${value.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
}

/** The mean of a figure, with the lowest and the highest. */
function mean(all, key) {
  const values = all.map((found) => found[key].value);
  const value = values.reduce((a, b) => a + b) / values.length;
  return interval({ value, low: Math.min(...values), high: Math.max(...values) });
}

function head(columns) {
  console.log(`| | ${columns.join(" | ")} |\n|---|${"---|".repeat(columns.length)}`);
}

for (const [title, rows] of Object.entries(tables)) {
  console.log(`\n## ${title}\n`);
  head(Object.keys(columns));
  for (const [name, settings] of Object.entries(rows)) {
    const cells = Object.values(columns).map((args) => interval(figures([...settings, ...args]).one_minus_roca));
    console.log(`| ${name} | ${cells.join(" | ")} |`);
  }
}

console.log("\n## Twelve ways to halve\n");
head(["1-ROCA%", "sm% at hm 0.1 %", "LAM%"]);
for (const [name, settings] of Object.entries(halved)) {
  const all = splits.map((args) => figures([...settings, ...args]));
  const cells = ["one_minus_roca", "sm_at_hm_01", "lam"].map((key) => mean(all, key));
  console.log(`| ${name} | ${cells.join(" | ")} |`);
}
