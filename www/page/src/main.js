// Puts the page together.

import { correctionsOf, unstored } from "./corrections.js";
import { byId } from "./dom.js";
import { startEngine } from "./engine.js";
import { Evaluation } from "./evaluate.js";
import { bytes, chooseLanguage, language, number, startLanguage, t } from "./i18n.js";
import { onKeys } from "./keys.js";
import { List } from "./list.js";
import { Mailbox } from "./mailbox.js";
import { onDrop, openingInto } from "./opening.js";
import { progressOf } from "./progress.js";
import { Reading } from "./reading.js";
import { filesOfDrop, messagesOf } from "./sources.js";
import { attempt, onClick, say } from "./status.js";
import { trustedBy } from "./trusted.js";

startLanguage();
say(t("loading"));
try {
  const engine = await startEngine();
  start(engine);
  say(engine.problem ? t("storedUnreadable", { why: engine.problem.message }) : "");
} catch (error) {
  say(t("startFailed", { why: error.message }));
  throw error;
}
// Without one the page works all the same, but for the network.
navigator.serviceWorker?.register("sw.js").catch((error) => console.warn(error.message));

function start({ mailbox: classifier, evaluator, store, problem }) {
  const mailbox = new Mailbox(classifier, store, problem);
  const actions = {
    async teach(message, label) {
      const { learned, times, moved, changed } = await mailbox.learn(message, label);
      const name = t(label);
      const done = learned === "known" ? t("knownAlready", { label: name, times }) : t("learned", { label: name, moved, changed });
      say(done, unstored(mailbox));
    },
    async forget(message) {
      const { forgotten } = await mailbox.forget(message);
      say(t(forgotten ? "forgotten" : "notLearned"), unstored(mailbox));
    },
    back() {
      byId("mail").removeAttribute("data-reading");
      list.focus();
    },
  };
  const reading = new Reading(mailbox, actions);
  const list = new List(mailbox, (message) => reading.show(message));
  const read = openingInto(mailbox, list);
  const evaluation = new Evaluation(evaluator, mailbox, async (source) => {
    show("mail");
    const same = ({ path, size }) => path === source.path && size === source.size;
    list.open(mailbox.messages.find((message) => same(message.source)) ?? (await read([source])));
  });
  onDrop((event) => (byId("mail").hidden ? evaluation.drop(event) : read(messagesOf(filesOfDrop(event.dataTransfer)))));
  progressOf(mailbox);
  correctionsOf(mailbox);
  trustedBy(mailbox, evaluator);
  onKeys(byId("mail"), {
    move: (by) => list.move(by),
    enter: () => list.selected && byId("reading").focus(),
    back: actions.back,
    teach: (label) => list.selected && attempt(() => actions.teach(list.selected, label)),
    forget: () => list.selected?.label && attempt(() => actions.forget(list.selected)),
    search: () => byId("search").focus(),
  });

  // No history: at each entry of it, browsers ask for the page's icon again.
  for (const name of ["mail", "evaluate"]) onClick(`go-${name}`, () => {
    say("");
    show(name);
  });
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    show("mail");
    list.focus();
  });
  onClick("help-open", () => byId("help").showModal());

  const languages = document.querySelectorAll("[data-language]");
  for (const button of languages) button.addEventListener("click", () => chooseLanguage(button.dataset.language));
  const describe = () => {
    document.title = t("title");
    byId("model").textContent = modelText(classifier);
    for (const button of languages) button.setAttribute("aria-pressed", String(button.dataset.language === language));
  };
  document.addEventListener("language", describe);
  describe();
  show(location.hash === "#evaluate" ? "evaluate" : "mail");
  document.body.dataset.ready = "";
}

/** Shows one of the two views. */
function show(name) {
  for (const other of ["mail", "evaluate"]) {
    byId(other).hidden = other !== name;
    byId(`go-${other}`).removeAttribute("aria-current");
  }
  byId(`go-${name}`).setAttribute("aria-current", "page");
}

function modelText({ model, version }) {
  return t("modelText", {
    ...model, version, ham: number(model.messages.ham), spam: number(model.messages.spam),
    features: number(model.features), bytes: bytes(model.bytes),
  });
}
