// One message: what it is called, why, and its text with the evidence marked.

import { byId, h } from "./dom.js";
import { evidenceOf, segmentsOf } from "./highlight.js";
import { bytes, longDate, number, percent, signed, t } from "./i18n.js";
import { letterOf } from "./letter.js";
import { reasonsTable } from "./reasons.js";
import { attempt } from "./status.js";

/** Log-odds at the ends of the scale. */
const SCALE = 12;

/** The pull from which on a mark has its full colour. */
const FULL = 0.6;

export class Reading {
  #mailbox;
  #actions;
  #message;
  #letter;
  #turn = 0;

  /** `actions` are `teach(message, label)`, `forget(message)` and `back()`. */
  constructor(mailbox, actions) {
    this.#mailbox = mailbox;
    this.#actions = actions;
    mailbox.addEventListener("judged", ({ detail }) => detail === this.#message && this.show(detail));
    document.addEventListener("language", () => this.show(this.#message));
    this.show();
  }

  /** Shows a message, or none. */
  async show(message) {
    const turn = (this.#turn += 1);
    const same = message && message === this.#message;
    this.#message = message;
    byId("mail").toggleAttribute("data-reading", Boolean(message));
    if (!message) {
      byId("reading").replaceChildren(h("p", { class: "nothing" }, t("nothingOpen")));
      return;
    }
    try {
      const verdict = await this.#mailbox.explain(message);
      const letter = same && this.#letter ? this.#letter : await letterOf(await message.source.bytes());
      // Another message was chosen meanwhile.
      if (turn !== this.#turn) return;
      this.#letter = letter;
      this.#render(message, verdict, letter, same);
    } catch (error) {
      if (turn === this.#turn) byId("reading").replaceChildren(h("p", { class: "nothing" }, t("failed", { why: error.message })));
    }
  }

  #render(message, verdict, letter, same) {
    const reading = byId("reading");
    const focused = reading.contains(document.activeElement) ? document.activeElement.dataset.action : undefined;
    const open = same && [...reading.querySelectorAll("details")].map((details) => details.open);
    const scroll = same ? reading.scrollTop : 0;
    const point = (feature) => this.#point(feature);
    reading.replaceChildren(
      h("button", { type: "button", class: "back quiet", onclick: () => this.#actions.back() }, `← ${t("back")}`),
      h("header", {},
        h("h2", { class: "subject" }, marked(letter.subject || t("noSubject"), evidenceOf("subject", verdict.evidence))),
        this.#fields(letter, verdict.evidence),
        this.#verdict(verdict),
        this.#buttons(message)),
      h("div", { class: "columns" },
        h("section", { class: "why", "aria-labelledby": "why-title" },
          h("h3", { id: "why-title" }, t("why")),
          reasonsTable(verdict.evidence, point),
          verdict.evidence.length > 0 && h("p", { class: "fine" }, t("sum", { n: verdict.evidence.length }))),
        h("section", { class: "what", "aria-labelledby": "text-title" },
          h("h3", { id: "text-title" }, t("text")),
          h("p", { class: "legend fine", "aria-hidden": "true" }, `${t("legend")} `,
            h("mark", { class: "ham", style: { "--a": 0.7 } }, t("ham")), " ",
            h("mark", { class: "spam", style: { "--a": 0.7 } }, t("spam"))),
          this.#parts(letter, verdict.evidence),
          this.#attachments(letter),
          this.#headers(letter, verdict.evidence))),
    );
    if (open) reading.querySelectorAll("details").forEach((details, i) => (details.open = open[i] ?? details.open));
    reading.scrollTop = scroll;
    if (focused) reading.querySelector(`[data-action="${focused}"]`)?.focus();
    for (const mark of reading.querySelectorAll("mark[data-features]")) {
      mark.addEventListener("pointerenter", () => this.#point(...mark.features));
      mark.addEventListener("pointerleave", () => this.#point());
    }
  }

  #fields(letter, evidence) {
    const rows = [
      ["from", letter.from, "from"],
      ["to", letter.to, "to"],
      ["date", longDate(letter.date)],
    ];
    return h("dl", { class: "fields" }, rows.filter(([, value]) => value).flatMap(([name, value, place]) => [
      h("dt", {}, t(name)),
      h("dd", {}, place ? marked(value, evidenceOf(place, evidence)) : value),
    ]));
  }

  #verdict({ class: name, probability, logOdds }) {
    const odds = (p) => Math.log(p / (1 - p));
    const place = (value) => (Math.max(-SCALE, Math.min(SCALE, value)) + SCALE) / (2 * SCALE);
    const { ham, spam } = this.#mailbox.thresholds;
    const label = t("scale", { value: signed(logOdds), ham: signed(odds(ham)), spam: signed(odds(spam)) });
    return h("div", { class: `verdict ${name}` },
      h("p", {}, h("strong", { class: `class ${name}` }, t(name)), " ",
        h("span", { class: "probability" }, t("probability", { percent: percent(probability) })), " ",
        h("span", { class: "fine" }, t("logOdds", { value: signed(logOdds) }))),
      h("div", {
        class: "scale", role: "img", "aria-label": label, title: label,
        style: { "--at": place(logOdds), "--ham-at": place(odds(ham)), "--spam-at": place(odds(spam)) },
      }, h("span", { class: "needle" })),
    );
  }

  #buttons(message) {
    const teach = (label, key, text) => h("button", {
      type: "button", class: `teach ${label}`, "data-action": label, "aria-pressed": String(message.label === label),
      "aria-keyshortcuts": key, onclick: () => attempt(() => this.#actions.teach(message, label)),
    }, text);
    return h("div", { class: "row teaching" },
      teach("ham", "h", t("teachHam")),
      teach("spam", "s", t("teachSpam")),
      message.label && h("button", {
        type: "button", class: "quiet", "data-action": "forget", "aria-keyshortcuts": "u",
        onclick: () => attempt(() => this.#actions.forget(message)),
      }, t("forget")),
      message.label && h("span", { class: "fine" }, t("isTaught", { label: t(message.label) })));
  }

  #parts(letter, evidence) {
    if (letter.parts.length === 0) return h("p", { class: "fine" }, t("noText"));
    const [visible, hidden] = [evidenceOf("body", evidence), evidenceOf("hidden", evidence)];
    const text = ({ runs }) => h("div", { class: "text" }, runs.map((run) =>
      run.hidden
        ? h("span", { class: "hidden", "data-word": t("hiddenText") }, marked(run.text, hidden))
        : h("span", { class: run.target ? "target" : "seen" }, marked(run.text, visible))));
    const [first, ...rest] = letter.parts;
    return h("div", {},
      first.kind === "html" && h("p", { class: "fine kind" }, t("htmlPart")),
      text(first),
      rest.map((part) => h("details", {}, h("summary", {}, t(`${part.kind}Part`)), text(part))));
  }

  #attachments({ attachments }) {
    if (attachments.length === 0) return undefined;
    return h("section", {}, h("h4", {}, t("attachments")),
      h("ul", { class: "attachments" }, attachments.map(({ name, type, size }) =>
        h("li", {}, name, " ", h("span", { class: "fine" }, `${type}, ${bytes(size)}`)))));
  }

  #headers({ headers }, evidence) {
    const value = (field) => marked(field.value, evidenceOf(field.name.toLowerCase(), evidence)
      .map(({ feature, pull }) => ({ feature: feature.replace(/"(.*)"$/, "$1"), pull })));
    return h("details", { class: "headers" },
      h("summary", {}, `${t("headers")} (${number(headers.length)})`),
      h("dl", {}, headers.flatMap((field) => [h("dt", {}, field.name), h("dd", {}, value(field))])));
  }

  /** Lights up where these features come from, and their rows. */
  #point(...features) {
    const pointed = new Set(features);
    for (const mark of byId("reading").querySelectorAll("mark[data-features]")) {
      mark.classList.toggle("pointed", mark.features.some((feature) => pointed.has(feature)));
    }
    for (const row of byId("reading").querySelectorAll("tr[data-feature]")) {
      row.classList.toggle("pointed", pointed.has(row.dataset.feature));
    }
  }
}

/** Text with marks where evidence comes from. */
function marked(text, evidence) {
  if (evidence.length === 0) return [text];
  return segmentsOf(text, evidence).map(({ text, pull, features }) => (features.length ? mark(text, pull, features) : text));
}

function mark(text, pull, features) {
  const element = h("mark", {
    class: pull > 0 ? "spam" : "ham", "data-features": "", title: `${signed(pull)}  ${features.join("  ")}`,
    style: { "--a": Math.min(1, 0.15 + Math.abs(pull) / FULL) },
  }, text);
  element.features = features;
  return element;
}
