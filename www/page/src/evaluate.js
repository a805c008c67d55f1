// Judging labelled mail, and how well it went.

import { forEachConcurrent } from "./concurrent.js";
import { byId, download, h } from "./dom.js";
import { examplesOf } from "./examples.js";
import { number, percent, t } from "./i18n.js";
import { labelOfPath, readIndex, takeLabel } from "./labels.js";
import { summaryOf } from "./letter.js";
import { figuresOf, histogramOf, rocOf } from "./metrics.js";
import { histogramPlot, rocPlot } from "./plots.js";
import { filesOfDrop, filesOfInput, messagesOf } from "./sources.js";
import { attempt } from "./status.js";

/** The mistakes that are listed. */
const WORST = 12;

/** Below this many messages of a class, figures are coarse. */
const FEW = 100;

const DIGITS = { roca: 4, sm01: 2, hm: 2, sm: 2, lam: 2, hamSpam: 2, spamHam: 2, unsure: 2 };

export class Evaluation {
  #evaluator;
  #mailbox;
  #open;
  #files = { ham: [], spam: [], both: [] };
  #personal = true;
  #state = { kind: "empty" };
  #run = 0;

  /** `open(source)` shows a message in the mailbox. */
  constructor(evaluator, mailbox, open) {
    this.#evaluator = evaluator;
    this.#mailbox = mailbox;
    this.#open = open;
    document.addEventListener("language", () => this.#render());
    this.#render();
  }

  /** Takes the files of a drop: into a bin, if it is over one. */
  async drop(event) {
    const bin = event.target.closest?.("[data-bin]")?.dataset.bin ?? "both";
    await this.#take(bin, filesOfDrop(event.dataTransfer));
  }

  async #take(bin, files) {
    for await (const file of files) this.#files[bin].push(file);
    this.#render();
  }

  async #start() {
    const run = (this.#run += 1);
    const stopped = () => run !== this.#run;
    const judged = [];
    const left = { unlabelled: 0, unreadable: 0 };
    this.#state = { kind: "running", done: 0 };
    this.#render();
    try {
      if (this.#personal) await this.#evaluator.importPersonal(await this.#mailbox.exportPersonal());
      else await this.#evaluator.clearPersonal();
      await forEachConcurrent(this.#labelled(), async ({ source, label }) => {
        try {
          const mail = await this.#judge(source, label);
          if (mail) judged.push(mail);
          else left.unlabelled += 1;
        } catch {
          left.unreadable += 1;
        }
        if (!stopped()) this.#progress(judged.length);
        return !stopped();
      });
    } catch (error) {
      if (!stopped()) this.#finish({ kind: "failed", why: error.message });
      return;
    }
    if (stopped()) return;
    const spam = judged.filter(({ label }) => label === "spam").length;
    const counts = { ham: judged.length - spam, spam, ...left };
    judged.sort((a, b) => (a.source.path < b.source.path ? -1 : 1));
    this.#finish(counts.ham && counts.spam ? { kind: "done", judged, counts } : { kind: "one-class", counts });
  }

  /** All messages, with the labels that bins, indices and paths give. */
  async *#labelled() {
    for (const label of ["ham", "spam"]) {
      for await (const source of messagesOf(this.#files[label])) yield { source, label };
    }
    const isIndex = ({ path }) => /(^|\/)index$/.test(path);
    const labels = new Map();
    for (const { path, file } of this.#files.both.filter(isIndex)) {
      for (const [name, label] of readIndex(await file.text(), path.split("/").slice(0, -1).join("/"))) labels.set(name, label);
    }
    for await (const source of messagesOf(this.#files.both.filter((file) => !isIndex(file)))) {
      const path = source.path.replace(/#\d+$/, "");
      yield { source, label: labels.get(path) ?? labelOfPath(path) };
    }
  }

  async #judge(source, known) {
    let bytes = await source.bytes();
    let label = known;
    if (!label) ({ label, bytes } = takeLabel(bytes));
    if (!label) return undefined;
    const { class: name, logOdds, probability } = await this.#evaluator.classify(bytes);
    return { source, label, class: name, logOdds, probability };
  }

  #finish(state) {
    this.#state = state;
    this.#render();
    byId("evaluate").querySelector(".outcome")?.focus();
  }

  #progress(done) {
    this.#state.done = done;
    const text = byId("evaluate").querySelector(".progress span");
    if (text) text.textContent = t("evalProgress", { n: number(done) });
  }

  #render() {
    const { kind } = this.#state;
    const full = Object.values(this.#files).some((files) => files.length > 0);
    byId("evaluate").replaceChildren(
      h("h2", {}, t("evalTitle")),
      h("p", {}, t("evalText")),
      h("div", { class: "bins" }, this.#bin("ham", "evalHam"), this.#bin("spam", "evalSpam"), this.#bin("both", "evalBoth")),
      h("div", { class: "row" },
        kind === "running"
          ? h("button", { type: "button", onclick: () => this.#reset(false) }, t("evalStop"))
          : h("button", { type: "button", class: "primary", id: "eval-run", disabled: !full, onclick: () => attempt(() => this.#start()) }, t("evalRun")),
        kind !== "running" && h("button", { type: "button", id: "eval-examples", onclick: () => attempt(() => this.#tryExamples()) }, t("evalExamples")),
        full && kind !== "running" && h("button", { type: "button", class: "quiet", onclick: () => this.#reset(true) }, t("evalReset")),
        h("label", {}, this.#personalBox(), " ", t("evalPersonal"))),
      this.#outcome(),
    );
  }

  #personalBox() {
    const box = h("input", { type: "checkbox", checked: this.#personal, onchange: () => (this.#personal = box.checked) });
    return box;
  }

  #bin(name, title) {
    const n = this.#files[name].length;
    const pick = (folder) => {
      const input = h("input", { type: "file", multiple: true, webkitdirectory: folder });
      input.addEventListener("change", () => this.#take(name, filesOfInput(input)));
      input.click();
    };
    return h("section", { class: `bin ${name}`, "data-bin": name, "aria-labelledby": `bin-${name}` },
      h("h3", { id: `bin-${name}` }, t(title)),
      h("p", { class: "fine" }, t(`${title}Text`)),
      h("div", { class: "row" },
        h("button", { type: "button", "aria-describedby": `bin-${name}`, onclick: () => pick(false) }, t("openFiles")),
        h("button", { type: "button", "aria-describedby": `bin-${name}`, onclick: () => pick(true) }, t("openFolder")),
        n > 0 && h("strong", {}, t("evalChosen", { n }))));
  }

  async #tryExamples() {
    this.#files = { ham: await examplesOf("ham"), spam: await examplesOf("spam"), both: [] };
    await this.#start();
  }

  #reset(files) {
    this.#run += 1;
    if (files) this.#files = { ham: [], spam: [], both: [] };
    this.#state = { kind: "empty" };
    this.#render();
  }

  #outcome() {
    const { kind, counts, done, why } = this.#state;
    const outcome = (...children) => h("section", { class: "outcome", tabindex: -1 }, ...children);
    if (kind === "running") {
      return h("div", { class: "progress" }, h("progress", { "aria-label": t("evaluate") }), " ", h("span", {}, t("evalProgress", { n: number(done) })));
    }
    if (kind === "failed") return outcome(h("p", { class: "warning", role: "alert" }, t("failed", { why })));
    if (kind === "one-class") return outcome(h("p", { class: "warning", role: "alert" }, t("evalNeedsBoth", counts)));
    return kind === "done" ? outcome(...this.#report()) : undefined;
  }

  #report() {
    const { judged, counts } = this.#state;
    const figures = figuresOf(judged);
    const roc = rocOf(judged);
    const notes = [
      t("evalDone", { ham: number(counts.ham), spam: number(counts.spam) }),
      counts.unlabelled && t("evalUnlabelled", { n: counts.unlabelled }),
      counts.unreadable && t("evalUnreadable", { n: counts.unreadable }),
    ].filter(Boolean);
    return [
      h("p", { class: "summary" }, h("strong", {}, notes.join(" · ")), " ",
        Math.min(counts.ham, counts.spam) < FEW && h("span", { class: "fine" }, t("evalFew"))),
      h("div", { class: "plots" },
        h("figure", {}, h("figcaption", {}, t("roc")), ...this.#curve(roc, figures, counts)),
        h("figure", {}, h("figcaption", {}, t("histogram"), " ", h("span", { class: "key ham" }, t("ham")), " ", h("span", { class: "key spam" }, t("spam"))),
          histogramPlot(histogramOf(judged, 12), this.#mailbox.thresholds))),
      h("div", { class: "plots" }, this.#figures(figures), this.#mistakes(judged)),
      h("p", {}, h("button", { type: "button", onclick: () => download("tamis-results.txt", resultsOf(judged), "text/plain") }, t("results"))),
    ];
  }

  #curve(roc, figures, counts) {
    const { plot, show } = rocPlot(roc, figures.roca, counts.ham);
    const output = h("output", { for: "threshold" });
    const atHalf = roc.findLastIndex(({ threshold }) => threshold >= 0);
    const slider = h("input", { type: "range", id: "threshold", min: 0, max: roc.length - 1, value: atHalf, "aria-label": t("threshold") });
    const move = () => {
      const point = roc[slider.valueAsNumber];
      const text = t("thresholdAt", {
        percent: percent(1 / (1 + Math.exp(-point.threshold))),
        hm: `${number(100 * point.lost, 1)} %`,
        sm: `${number(100 * (1 - point.caught), 1)} %`,
      });
      output.textContent = text;
      slider.setAttribute("aria-valuetext", text);
      show(point);
    };
    slider.addEventListener("input", move);
    move();
    return [plot, slider, output];
  }

  #figures(figures) {
    const title = h("h3", { id: "figures-title" }, t("figures"));
    return h("section", { class: "figures" }, title, h("table", { "aria-labelledby": title.id },
      h("thead", { class: "unseen" }, h("tr", {}, h("th", { scope: "col" }, t("figure")), h("th", { scope: "col" }, t("value")))),
      h("tbody", {}, Object.entries(figures).map(([name, value]) => h("tr", { "data-figure": name },
        h("th", { scope: "row" }, t(`fig_${name}`), h("span", { class: "fine" }, t(`fig_${name}_what`))),
        h("td", {}, `${number(value, DIGITS[name])} %`))))));
  }

  #mistakes(judged) {
    const wrong = judged
      .filter(({ label, logOdds }) => logOdds >= 0 !== (label === "spam"))
      .sort((a, b) => Math.abs(b.logOdds) - Math.abs(a.logOdds))
      .slice(0, WORST);
    return h("section", { class: "mistakes" },
      h("h3", {}, t("mistakes")),
      wrong.length === 0
        ? h("p", {}, t("mistakesNone"))
        : h("ul", {}, wrong.map((mail) => h("li", {},
          h("button", { type: "button", class: "quiet", title: t("mistakesOpen"), onclick: () => attempt(() => this.#open(mail.source)) }, subjectOf(mail.source)),
          h("span", { class: `fine ${mail.label}` },
            t(mail.label === "ham" ? "mistakeHam" : "mistakeSpam", { percent: percent(mail.probability) }))))));
  }
}

/** A message's subject, which comes when it was read. */
function subjectOf(source) {
  const text = h("span", {}, source.path);
  source.bytes().then(summaryOf).then(({ subject }) => (text.textContent = subject || t("noSubject")), () => {});
  return text;
}

/** Result lines of the TREC Spam Track, as `tamis eval` writes them. */
function resultsOf(judged) {
  return judged
    .map(({ source, label, class: name, probability }) => `${source.path} judge=${label} class=${name} score=${probability}\n`)
    .join("");
}
