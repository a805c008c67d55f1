// The ways to open mail: files, folders, a drop, a pasted source, the examples.

import { byId } from "./dom.js";
import { examplesOf } from "./examples.js";
import { number, t } from "./i18n.js";
import { filesOfInput, messagesOf } from "./sources.js";
import { attempt, onClick, say } from "./status.js";

/** Sets them up, and returns a function that reads sources into the mailbox and gives the first message. */
export function openingInto(mailbox, list) {
  const showEmpty = () => byId("mail").toggleAttribute("data-empty", mailbox.messages.length === 0);

  async function read(sources) {
    let failed = 0;
    let why;
    const onFailed = ({ detail }) => {
      failed += 1;
      why ??= detail.failed.message;
    };
    const first = mailbox.messages.length;
    mailbox.addEventListener("failed", onFailed);
    byId("mail").removeAttribute("data-empty");
    try {
      const n = await mailbox.add(sources);
      if (failed) say(t("readFailed", { n: failed, why }));
      else say(n ? t("read", { n: number(n) }) : t("readNone"));
    } finally {
      mailbox.removeEventListener("failed", onFailed);
      showEmpty();
    }
    const message = mailbox.messages[first];
    // Where list and message are beside each other, there is always one to be seen.
    if (message && !list.selected && matchMedia("(min-width: 60rem)").matches) list.open(message);
    return message;
  }

  for (const what of ["files", "folder"]) {
    const pick = byId(`pick-${what}`);
    onClick(`open-${what}`, () => pick.click());
    pick.addEventListener("change", () => attempt(async () => {
      const files = filesOfInput(pick);
      pick.value = "";
      await read(messagesOf(files));
    }));
  }

  const readExamples = async () => read(inTurn(messagesOf(await examplesOf("ham")), messagesOf(await examplesOf("spam"))));
  onClick("open-examples", readExamples);
  onClick("welcome-examples", readExamples);

  onClick("open-paste", () => byId("paste").showModal());
  byId("paste").addEventListener("close", ({ target }) => attempt(async () => {
    const text = byId("paste-text");
    const file = new Blob([text.value]);
    text.value = "";
    if (target.returnValue !== "read" || file.size === 0) return;
    const message = await read(messagesOf([{ path: t("pasted"), file }]));
    if (message) list.open(message);
  }));

  onClick("remove", () => {
    mailbox.clear();
    list.refresh();
    showEmpty();
    byId("welcome-examples").focus();
  });
  return read;
}

/** Calls `action` with whatever is dropped anywhere on the page. */
export function onDrop(action) {
  const over = (event, is) => {
    if (!event.dataTransfer?.types.includes("Files")) return false;
    event.preventDefault();
    document.body.toggleAttribute("data-dropping", is);
    return true;
  };
  addEventListener("dragenter", (event) => over(event, true));
  addEventListener("dragover", (event) => over(event, true));
  addEventListener("dragleave", (event) => event.relatedTarget === null && over(event, false));
  addEventListener("drop", (event) => over(event, false) && attempt(() => action(event)));
}

/** The items of some iterables, one of each in turn. */
async function* inTurn(...iterables) {
  let open = iterables.map((iterable) => iterable[Symbol.asyncIterator]());
  while (open.length > 0) {
    const left = [];
    for (const iterator of open) {
      const { done, value } = await iterator.next();
      if (done) continue;
      left.push(iterator);
      yield value;
    }
    open = left;
  }
}
