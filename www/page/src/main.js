// Puts the page together.

import { byId, download, h } from "./dom.js";
import { startEngine } from "./engine.js";
import { Evaluation } from "./evaluate.js";
import { bytes, chooseLanguage, language, number, startLanguage, t } from "./i18n.js";
import { onKeys } from "./keys.js";
import { List } from "./list.js";
import { Mailbox } from "./mailbox.js";
import { Reading } from "./reading.js";
import { filesOfDrop, filesOfInput, messagesOf } from "./sources.js";

const TRUSTED = "tamis-trusted";

/** The example messages, fetched as the page loads. */
const examples = Promise.all(["ham", "spam"].map(async (label) => {
  const response = await fetch(new URL(`../examples/${label}.mbox`, import.meta.url));
  return [label, [{ path: `${label}.mbox`, file: await response.blob() }]];
})).then(Object.fromEntries);
examples.catch(() => {});

startLanguage();
say(t("loading"));
try {
  const { mailbox: classifier, evaluator, store, problem } = await startEngine();
  start(classifier, evaluator, store);
  say(problem ? t("storedUnreadable", { why: problem.message }) : "");
} catch (error) {
  say(t("startFailed", { why: error.message }));
  throw error;
}
// A page without one works all the same, but for the network.
navigator.serviceWorker?.register("sw.js").catch((error) => console.warn(error.message));

function start(classifier, evaluator, store) {
  const mailbox = new Mailbox(classifier, store);
  const list = new List(mailbox, (message) => reading.show(message));
  const reading = new Reading(mailbox, {
    teach: (message, label) => attempt(() => teach(message, label)),
    forget: (message) => attempt(() => forget(message)),
    back,
  });

  async function read(sources) {
    const bar = byId("progress");
    let failure;
    const failed = ({ detail }) => (failure = { n: (failure?.n ?? 0) + 1, why: detail.failed.message });
    mailbox.addEventListener("failed", failed);
    bar.hidden = false;
    byId("mail").removeAttribute("data-empty");
    const first = mailbox.messages.length;
    try {
      const n = await mailbox.add(sources, (n) => {
        bar.querySelector("span").textContent = t("reading_progress", { n: number(n) });
      });
      if (failure) say(t("readFailed", failure));
      else say(n ? t("read", { n: number(n) }) : t("readNone"));
      if (n && !list.selected && matchMedia("(min-width: 60rem)").matches) {
        list.open(mailbox.messages[first] ?? mailbox.messages[0]);
      }
    } finally {
      bar.hidden = true;
      mailbox.removeEventListener("failed", failed);
      byId("mail").toggleAttribute("data-empty", mailbox.messages.length === 0);
    }
    return mailbox.messages[first];
  }

  async function teach(message, label) {
    const { learned, times, moved, changed } = await mailbox.learn(message, label);
    const name = t(label);
    say(learned === "known" ? t("knownAlready", { label: name, times }) : t("learned", { label: name, moved, changed }));
  }

  async function forget(message) {
    const { forgotten } = await mailbox.forget(message);
    say(t(forgotten ? "forgotten" : "notLearned"));
  }

  function back() {
    if (matchMedia("(min-width: 60rem)").matches) return list.focus();
    const message = list.selected;
    byId("mail").removeAttribute("data-reading");
    return message && list.focus();
  }

  async function readExamples() {
    const { ham, spam } = await examples;
    await read(inTurn(messagesOf(ham), messagesOf(spam)));
  }

  const evaluation = new Evaluation(evaluator, mailbox, async (label) => (await examples)[label], async (source) => {
    show("mail");
    const known = mailbox.messages.find((message) => message.source.path === source.path && message.source.size === source.size);
    list.open(known ?? (await read([source])));
  });

  // Opening mail.
  const onClick = (id, action) => byId(id).addEventListener("click", () => attempt(action));
  for (const what of ["files", "folder"]) {
    const pick = byId(`pick-${what}`);
    onClick(`open-${what}`, () => pick.click());
    pick.addEventListener("change", () => attempt(async () => {
      const files = filesOfInput(pick);
      pick.value = "";
      await read(messagesOf(files));
    }));
  }
  onClick("open-examples", readExamples);
  onClick("welcome-examples", readExamples);
  onClick("open-paste", () => byId("paste").showModal());
  byId("paste").addEventListener("close", (event) => attempt(async () => {
    const text = byId("paste-text");
    const file = new Blob([text.value]);
    text.value = "";
    if (event.target.returnValue !== "read" || file.size === 0) return;
    const message = await read(messagesOf([{ path: t("pasted"), file }]));
    if (message) list.open(message);
  }));
  onClick("remove", () => {
    mailbox.clear();
    list.refresh();
    reading.show();
    byId("mail").toggleAttribute("data-empty", true);
    byId("welcome-examples").focus();
  });
  onDrop((event) => attempt(() => (byId("mail").hidden ? evaluation.drop(event) : read(messagesOf(filesOfDrop(event.dataTransfer))))));

  // Corrections.
  const personalCount = async () => {
    const { ham, spam, features } = await mailbox.personal();
    const none = ham + spam === 0;
    byId("corrections-count").textContent = none
      ? t("correctionsNone")
      : t("correctionsCount", { ham: number(ham), spam: number(spam), features: number(features) });
    byId("export").disabled = byId("clear").disabled = none;
  };
  mailbox.addEventListener("corrected", personalCount);
  onClick("export", async () => {
    download("tamis-personal.counts", await mailbox.exportPersonal());
    say(t("exported"));
  });
  onClick("import", () => byId("pick-personal").click());
  byId("pick-personal").addEventListener("change", (event) => attempt(async () => {
    const [file] = event.target.files;
    const counts = new Uint8Array(await file.arrayBuffer());
    event.target.value = "";
    const { ham, spam } = await mailbox.personal();
    const how = ham + spam === 0 ? "replace" : await answerOf(byId("importing"));
    if (!how) return;
    const { moved } = await (how === "merge" ? mailbox.mergePersonal(counts) : mailbox.importPersonal(counts));
    say(t("imported", { moved }));
  }));
  onClick("clear", async () => {
    if ((await answerOf(byId("clearing"))) !== "clear") return;
    await mailbox.clearPersonal();
    say(t("cleared"));
  });

  // Trusted servers.
  const hosts = () => byId("trust-hosts").value.split(/[\s,;]+/).filter(Boolean);
  byId("trust").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      keep(TRUSTED, hosts().join(" "));
      const { moved } = await mailbox.trust(hosts());
      await evaluator.trust({ authservIds: hosts(), hosts: hosts() });
      say(t("trustedSaved", { n: hosts().length, moved }));
    });
  });
  byId("trust-hosts").value = kept(TRUSTED) ?? "";
  if (hosts().length > 0) attempt(() => Promise.all([mailbox.trust(hosts()), evaluator.trust({ authservIds: hosts(), hosts: hosts() })]));

  // Languages, views, help and keys.
  const describe = () => {
    const { model, version } = classifier;
    byId("model").textContent = t("modelText", {
      ...model, version, ham: number(model.messages.ham), spam: number(model.messages.spam),
      features: number(model.features), bytes: bytes(model.bytes),
    });
    document.title = t("title");
    for (const button of document.querySelectorAll("[data-language]")) {
      button.setAttribute("aria-pressed", String(button.dataset.language === language));
    }
    personalCount();
  };
  document.addEventListener("language", describe);
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => chooseLanguage(button.dataset.language));
  }
  onClick("help-open", () => byId("help").showModal());
  const view = () => show(location.hash === "#evaluate" ? "evaluate" : "mail");
  addEventListener("hashchange", view);
  onKeys(byId("mail"), {
    move: (by) => list.move(by),
    enter: () => list.selected && byId("reading").focus(),
    back,
    teach: (label) => list.selected && attempt(() => teach(list.selected, label)),
    forget: () => list.selected?.label && attempt(() => forget(list.selected)),
    search: () => byId("search").focus(),
  });
  view();
  describe();
  document.body.dataset.ready = "";
}

/** Shows one of the two views. */
function show(name) {
  for (const other of ["mail", "evaluate"]) {
    byId(other).hidden = other !== name;
    byId(`go-${other}`).toggleAttribute("aria-current", false);
  }
  byId(`go-${name}`).setAttribute("aria-current", "page");
  if (location.hash === "#evaluate" && name === "mail") history.replaceState(null, "", "#mail");
}

/** Tells the person something, in sight and to screen readers. */
function say(text) {
  byId("status").textContent = text;
  clearTimeout(say.timer);
  if (text) say.timer = setTimeout(() => (byId("status").textContent = ""), 8000);
}

async function attempt(action) {
  try {
    await action();
  } catch (error) {
    say(t("failed", { why: error.message }));
    console.error(error);
  }
}

/** What a dialog is answered with; empty if it is left. */
function answerOf(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
}

/** Whatever is dropped anywhere on the page. */
function onDrop(action) {
  const over = (event, is) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    document.body.toggleAttribute("data-dropping", is);
  };
  addEventListener("dragenter", (event) => over(event, true));
  addEventListener("dragover", (event) => over(event, true));
  addEventListener("dragleave", (event) => event.relatedTarget === null && over(event, false));
  addEventListener("drop", (event) => {
    over(event, false);
    if (event.dataTransfer?.types.includes("Files")) action(event);
  });
}

/** Items of two iterables, one of each in turn. */
async function* inTurn(...iterables) {
  let open = iterables.map((iterable) => iterable[Symbol.asyncIterator]());
  while (open.length > 0) {
    const results = [];
    for (const iterator of open) results.push([iterator, await iterator.next()]);
    open = results.filter(([, { done }]) => !done).map(([iterator]) => iterator);
    for (const [, { done, value }] of results) if (!done) yield value;
  }
}

function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return undefined;
  }
}

function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Then it is entered anew next time.
  }
}
