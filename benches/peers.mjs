// The package beside other JavaScript spam filters from npm, on the same halves of the SpamAssassin corpus:
//
//     node benches/peers.mjs [--limit N]
//
// Lines of the index with even numbers are learned, the others judged; spamscanner comes with a model of its
// own and is judged as it is. Those that take words get the subject and the text of a message as postal-mime
// reads them, and that reading is not in their time; tamis and spamscanner read the source. Everybody runs in a
// process of its own. Needs www/dist (npm run build in www).

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const script = fileURLToPath(import.meta.url);
const root = dirname(dirname(script));
const work = join(root, "target", "peers");

const PACKAGES = {
  tamis: [],
  bayes: ["bayes@1.0.0"],
  natural: ["natural@8.1.1"],
  "@ladjs/naivebayes": ["@ladjs/naivebayes@0.1.0"],
  spamscanner: ["spamscanner@6.1.5"],
};
/** Messages that those are given which take about a hundred times as long as the others: the first of them. */
const SLOW = 600;
const LIMITS = { natural: SLOW, spamscanner: SLOW };

const folderOf = (name) => join(work, name.replaceAll("/", "_"));

/** Log-odds of spam, or another number that grows with it, from the logarithms of both likelihoods. */
const PEERS = {
  async tamis() {
    const { createClassifier } = await import(pathToFileURL(join(root, "www/src/node.js")));
    const classifier = await createClassifier({ model: join(folderOf("tamis"), "model.bin") });
    return (mail) => {
      const { class: called, logOdds } = classifier.classifySync(mail.raw);
      return [logOdds, called === "spam"];
    };
  },
  async bayes(require, state) {
    const bayes = require("bayes");
    const classifier = state ? bayes.fromJson(state) : bayes();
    return {
      learn: (mail) => classifier.learn(mail.text, mail.label),
      save: () => classifier.toJson(),
      // It keeps its likelihoods to itself: this adds them up as its `categorize` does.
      judge: async (mail) => {
        const counts = classifier.frequencyTable(classifier.tokenizer(mail.text));
        const likelihood = (label) => Object.keys(counts).reduce(
          (sum, token) => sum + counts[token] * Math.log(classifier.tokenProbability(token, label)),
          Math.log(classifier.docCount[label] / classifier.totalDocuments));
        const score = likelihood("spam") - likelihood("ham");
        return [score, score > 0];
      },
    };
  },
  async natural(require, state) {
    const { BayesClassifier } = require("natural");
    const classifier = state ? BayesClassifier.restore(JSON.parse(state)) : new BayesClassifier();
    return {
      learn: (mail) => classifier.addDocument(mail.text, mail.label),
      save: () => (classifier.train(), JSON.stringify(classifier)),
      judge: (mail) => {
        const values = Object.fromEntries(classifier.getClassifications(mail.text).map(({ label, value }) => [label, value]));
        const score = Math.log(values.spam) - Math.log(values.ham);
        return [Number.isNaN(score) ? 0 : score, values.spam > values.ham];
      },
    };
  },
  async "@ladjs/naivebayes"(require, state) {
    const NaiveBayes = require("@ladjs/naivebayes");
    const classifier = state ? NaiveBayes.fromJson(state) : new NaiveBayes();
    return {
      learn: (mail) => classifier.learn(mail.text, mail.label),
      save: () => classifier.toJson(),
      judge: (mail) => {
        const all = Object.fromEntries(classifier.probabilities(mail.text).map(({ category, probability }) => [category, probability]));
        return [all.spam - all.ham, all.spam > all.ham];
      },
    };
  },
  async spamscanner(require) {
    const { default: SpamScanner } = await import(pathToFileURL(join(folderOf("spamscanner"), "entry.mjs")));
    const scanner = new (SpamScanner.default ?? SpamScanner)();
    return async (mail) => {
      const { isSpam, results } = await scanner.scan(mail.raw);
      const { category, probability } = results.classification;
      // Its verdict takes more than its classifier into account, and its classifier is often undecided.
      return [(category === "spam" ? probability : 1 - probability) + Number(isSpam), isSpam];
    };
  },
};

/** What one process does: learn, or load and judge. */
async function child(name, task) {
  const mail = JSON.parse(readFileSync(join(work, `${task}.json`), "utf8"));
  const read = ({ path, text, label }) => ({ raw: readFileSync(path), text, label });
  const state = join(folderOf(name), "state.json");
  const require = createRequire(join(folderOf(name), "x.js"));
  if (task === "train") {
    const peer = await PEERS[name](require);
    if (!peer.learn) return {};
    for (const one of mail) await peer.learn(read(one));
    writeFileSync(state, peer.save());
    return {};
  }
  const messages = mail.slice(0, Number(process.env.LIMIT)).map(read);
  const start = performance.now();
  const peer = await PEERS[name](require, existsSync(state) ? readFileSync(state, "utf8") : undefined);
  const judge = peer.judge ?? peer;
  const results = [await judge(messages[0])];
  const cold = performance.now() - start;
  // Once for nothing, so that all are compiled.
  for (const one of messages.slice(0, 200)) await judge(one);
  const hot = performance.now();
  for (const one of messages.slice(1)) results.push(await judge(one));
  const perSecond = ((messages.length - 1) / (performance.now() - hot)) * 1000;
  return { cold, perSecond, memory: process.resourceUsage().maxRSS * 1024, results };
}

/** (1 - area under the ROC curve) in percent; ties count half. */
function roca(results, labels) {
  const sorted = results.map(([score], i) => ({ score, spam: labels[i] === "spam" })).sort((a, b) => a.score - b.score);
  let below = 0, wrong = 0, spam = 0, ham = 0;
  for (let i = 0; i < sorted.length; ) {
    let j = i, spams = 0, hams = 0;
    for (; j < sorted.length && sorted[j].score === sorted[i].score; j++) sorted[j].spam ? spams++ : hams++;
    wrong += hams * (below + spams / 2);
    below += spams;
    spam += spams;
    ham += hams;
    i = j;
  }
  return (100 * wrong) / (spam * ham);
}

/** A number that has nothing to do with a name but is always the same. */
const order = (path) => [...path.split("/").pop()].reduce((hash, c) => Math.imul(hash ^ c.charCodeAt(0), 0x01000193), 0x811c9dc5) >>> 0;

async function main() {
  const index = join(root, execFileSync("models/corpus.sh", { cwd: root, encoding: "utf8" }).trim());
  const reading = join(work, "reading");
  const install = (folder, packages) => {
    if (existsSync(join(folder, "node_modules"))) return;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{"private":true}\n');
    // What their install scripts fetch or build is not needed for reading text.
    execFileSync("npm", ["install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", ...packages], { cwd: folder, stdio: "inherit" });
  };
  install(reading, ["postal-mime@4.0.0"]);
  for (const [name, packages] of Object.entries(PACKAGES)) if (packages.length > 0) install(folderOf(name), packages);

  // Its module is one that only `import` finds.
  writeFileSync(join(folderOf("spamscanner"), "entry.mjs"), 'export { default } from "spamscanner";\n');

  // The halves.
  const { default: PostalMime } = await import(pathToFileURL(createRequire(join(reading, "x.js")).resolve("postal-mime")));
  const lines = readFileSync(index, "utf8").trim().split("\n");
  const mail = [];
  for (const line of lines) {
    const [label, name] = line.split(" ");
    const path = join(dirname(index), name);
    const { subject = "", text, html = "" } = await PostalMime.parse(readFileSync(path));
    mail.push({ label, path, text: `${subject}\n${text ?? html.replace(/<[^>]*>/g, " ")}` });
  }
  const halves = { train: mail.filter((_, i) => i % 2 === 0), test: mail.filter((_, i) => i % 2 === 1) };
  // The index has ham first: a part of the other half should have both.
  halves.test.sort((a, b) => order(a.path) - order(b.path));
  for (const [name, half] of Object.entries(halves)) writeFileSync(join(work, `${name}.json`), JSON.stringify(half));

  // tamis learns natively, as its users train models.
  mkdirSync(folderOf("tamis"), { recursive: true });
  const trainIndex = join(folderOf("tamis"), "index");
  writeFileSync(trainIndex, halves.train.map(({ label, path }) => `${label} ${path}\n`).join(""));
  const cargo = (...args) => execFileSync("cargo", ["run", "--quiet", "--release", "--locked", ...args], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  const model = join(folderOf("tamis"), "model");
  cargo("--", "train", "--index", trainIndex, "-o", `${model}.tamis`);
  cargo("--no-default-features", "--example", "strip", "--", `${model}.tamis`, `${model}.bin`);

  const bytes = (folder) => Number(execFileSync("du", ["-sb", folder], { encoding: "utf8" }).split("\t")[0]);
  const sizes = { tamis: ["src", "dist"].map((name) => bytes(join(root, "www", name))).reduce((a, b) => a + b) };
  const limit = process.argv[2] === "--limit" ? Number(process.argv[3]) : Infinity;
  const rows = [["package", "messages", "1-ROCA%", `of ${SLOW}`, "accuracy%", "ham lost%", "spam missed%", "installed MB", "cold start ms", "messages/s", "peak MB"]];
  for (const name of Object.keys(PACKAGES)) {
    const env = { ...process.env, LIMIT: String(Math.min(limit, LIMITS[name] ?? Infinity)) };
    const run = (task) =>
      execFileSync(process.execPath, [script, "--child", name, task], { env, encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] })
        .trim().split("\n").pop();
    rmSync(join(folderOf(name), "state.json"), { force: true });
    run("train");
    const { cold, perSecond, memory, results } = JSON.parse(run("test"));
    const labels = halves.test.slice(0, results.length).map(({ label }) => label);
    const share = (label, wrong) => {
      const of = results.filter((_, i) => labels[i] === label);
      return (100 * of.filter(([, spam]) => spam === wrong).length) / of.length;
    };
    const right = results.filter(([, spam], i) => spam === (labels[i] === "spam")).length;
    rows.push([
      name, results.length, roca(results, labels).toFixed(3), roca(results.slice(0, SLOW), labels).toFixed(3), ((100 * right) / results.length).toFixed(2), share("ham", true).toFixed(2),
      share("spam", false).toFixed(2), ((sizes[name] ?? bytes(join(folderOf(name), "node_modules"))) / 1e6).toFixed(2),
      cold.toFixed(0), perSecond.toFixed(0), (memory / 1e6).toFixed(0),
    ]);
    console.error(`${name} done`);
  }
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => String(row[i]).length)));
  for (const row of rows) console.log(row.map((cell, i) => (i ? String(cell).padStart(widths[i]) : cell.padEnd(widths[i]))).join("  "));
}

if (process.argv[2] === "--child") {
  const result = await child(process.argv[3], process.argv[4]);
  process.stdout.write(`\n${JSON.stringify(result)}\n`, () => process.exit(0));
} else {
  await main();
}
