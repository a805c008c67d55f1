// The list of messages: filter, order, and a listbox whose selection follows the focus.

import { byId, h } from "./dom.js";
import { number, percent, shortDate, signed, t } from "./i18n.js";

/** Rows that are made at once; more follow when the end comes into view. */
const PAGE = 100;

const score = (message) => message.verdict.logOdds;
const shift = (message) => (message.before === undefined ? 0 : score(message) - message.before);

const ORDERS = {
  arrival: (a, b) => a.id - b.id,
  spam: (a, b) => score(b) - score(a),
  ham: (a, b) => score(a) - score(b),
  unsure: (a, b) => Math.abs(score(a)) - Math.abs(score(b)),
  moved: (a, b) => Math.abs(shift(b)) - Math.abs(shift(a)),
};

const FILTERS = {
  all: () => true,
  ham: (message) => message.verdict.class === "ham",
  unsure: (message) => message.verdict.class === "unsure",
  spam: (message) => message.verdict.class === "spam",
  taught: (message) => message.label !== undefined,
};

export class List {
  #mailbox;
  #select;
  #filter = "all";
  #order = "arrival";
  #words = "";
  #shown = [];
  #rows = new Map();
  #selected;
  #refreshing;
  #cost = 0;
  #more = h("div", { class: "more", "aria-hidden": "true" });

  /** `select` is told of a message when it is chosen, and of none when it is gone. */
  constructor(mailbox, select) {
    this.#mailbox = mailbox;
    this.#select = select;
    const list = byId("list");
    list.addEventListener("click", (event) => this.#choose(this.#messageAt(event.target)));
    list.addEventListener("focus", () => this.focus());
    byId("search").addEventListener("input", (event) => {
      this.#words = event.target.value.toLowerCase();
      this.refresh();
    });
    byId("sort").addEventListener("change", (event) => {
      this.#order = event.target.value;
      this.refresh();
    });
    new IntersectionObserver(([entry]) => entry.isIntersecting && this.#extend(), { root: list, rootMargin: "600px" })
      .observe(this.#more);
    mailbox.addEventListener("added", () => this.refreshSoon());
    mailbox.addEventListener("judged", ({ detail }) => this.#update(detail));
    mailbox.addEventListener("progress", ({ detail }) => detail.done === undefined && this.#settle());
    document.addEventListener("language", () => this.refresh());
    this.refresh();
  }

  get selected() {
    return this.#selected;
  }

  /** Makes the list anew before long, so that mail that comes in fast does not slow itself down. */
  refreshSoon() {
    this.#refreshing ??= setTimeout(() => this.refresh(), Math.max(16, 20 * this.#cost));
  }

  refresh() {
    const started = performance.now();
    clearTimeout(this.#refreshing);
    this.#refreshing = undefined;
    const judged = this.#judged();
    this.#counts(judged);
    const found = (message) => `${message.subject}\n${message.from}`.toLowerCase().includes(this.#words);
    this.#shown = judged.filter((message) => FILTERS[this.#filter](message) && found(message)).sort(ORDERS[this.#order]);
    if (this.#selected && !judged.includes(this.#selected)) {
      this.#selected = undefined;
      this.#select(undefined);
    }
    const rows = Math.max(PAGE, this.#rows.size, this.#shown.indexOf(this.#selected) + 1);
    const focused = byId("list").contains(document.activeElement);
    this.#rows.clear();
    byId("list").replaceChildren(...this.#shown.slice(0, rows).map((message) => this.#row(message)), this.#more);
    this.#reachable();
    if (focused) this.focus();
    byId("none").hidden = this.#shown.length > 0 || judged.length === 0;
    this.#cost = performance.now() - started;
  }

  /** When all is read or judged: whatever was put off. */
  #settle() {
    if (this.#refreshing) this.refresh();
    else this.#counts(this.#judged());
  }

  #judged() {
    return this.#mailbox.messages.filter((message) => message.verdict);
  }

  show(filter) {
    this.#filter = filter;
    this.refresh();
  }

  /** Chooses a message, wherever it is, and makes sure that it is listed. */
  open(message) {
    if (!FILTERS[this.#filter](message)) this.#filter = "all";
    this.#words = byId("search").value = "";
    this.#selected = message;
    this.refresh();
    this.#choose(message);
  }

  /** Moves the choice: by a number of messages, or to `first` or `last`. */
  move(by) {
    const at = this.#shown.indexOf(this.#selected);
    const to = by === "first" ? 0 : by === "last" ? this.#shown.length - 1 : at < 0 ? 0 : at + by;
    const message = this.#shown[Math.max(0, Math.min(to, this.#shown.length - 1))];
    if (!message) return;
    while (!this.#rows.has(message)) this.#extend();
    this.#choose(message);
  }

  focus() {
    (this.#rows.get(this.#selected) ?? this.#rows.get(this.#shown[0]))?.focus({ preventScroll: true });
  }

  #choose(message) {
    if (!message) return;
    const rows = [this.#rows.get(this.#selected), this.#rows.get(message)];
    this.#selected = message;
    rows[0]?.setAttribute("aria-selected", "false");
    rows[1]?.setAttribute("aria-selected", "true");
    this.#reachable();
    rows[1]?.scrollIntoView({ block: "nearest" });
    if (!byId("reading").contains(document.activeElement)) rows[1]?.focus({ preventScroll: true });
    this.#select(message);
  }

  /** One row is in the tab order: the chosen one, or the first. */
  #reachable() {
    for (const row of byId("list").querySelectorAll('[tabindex="0"]')) row.tabIndex = -1;
    const row = this.#rows.get(this.#selected) ?? this.#rows.get(this.#shown[0]);
    if (row) row.tabIndex = 0;
  }

  #messageAt(element) {
    const row = element.closest("[role=option]");
    return this.#shown.find((message) => this.#rows.get(message) === row);
  }

  #extend() {
    const next = this.#shown.slice(this.#rows.size, this.#rows.size + PAGE);
    this.#more.before(...next.map((message) => this.#row(message)));
  }

  #update(message) {
    const row = this.#rows.get(message);
    if (!row) return;
    const focused = row === document.activeElement;
    const fresh = this.#row(message);
    // The meter starts from where it was, and is seen to move.
    fresh.style.setProperty("--p", row.style.getPropertyValue("--p"));
    requestAnimationFrame(() => requestAnimationFrame(() => fresh.style.setProperty("--p", message.verdict.probability)));
    row.replaceWith(fresh);
    this.#reachable();
    if (focused) fresh.focus({ preventScroll: true });
  }

  #counts(judged) {
    const buttons = Object.entries(FILTERS).map(([name, is]) =>
      h("button", {
        type: "button", class: `filter ${name}`, "aria-pressed": String(name === this.#filter), "data-filter": name,
        onclick: () => this.show(name),
      }, t(name), h("span", { class: "count" }, number(judged.filter(is).length))),
    );
    const focused = document.activeElement?.dataset?.filter;
    byId("filters").replaceChildren(...buttons);
    if (focused) buttons.find((button) => button.dataset.filter === focused)?.focus();
  }

  #row(message) {
    const { subject, from, date, verdict, label } = message;
    const moved = shift(message);
    const by = number(Math.abs(moved), 2);
    const row = h("div", {
      role: "option", class: `message ${verdict.class}`, tabindex: -1, "aria-selected": String(message === this.#selected),
      style: { "--p": verdict.probability },
    },
      h("span", { class: `class ${verdict.class}` }, t(verdict.class)),
      h("span", { class: "from" }, from || t("noSender")),
      h("span", { class: "date" }, shortDate(date)),
      h("span", { class: "subject" }, subject || t("noSubject")),
      h("span", { class: "score" },
        label && h("span", { class: `taught ${label}` }, "✓"),
        Math.abs(moved) >= 0.005 && h("span", { class: moved > 0 ? "moved up" : "moved down" },
          h("span", { "aria-hidden": "true" }, `${moved > 0 ? "▲" : "▼"} ${by}`),
          h("span", { class: "unseen" }, t(moved > 0 ? "movedUp" : "movedDown", { by }))),
        percent(verdict.probability)),
      h("span", { class: "meter", "aria-hidden": "true" }),
    );
    row.title = t("logOdds", { value: signed(verdict.logOdds) });
    this.#rows.set(message, row);
    return row;
  }
}
