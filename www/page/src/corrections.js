// The panel of the person's corrections: how many there are, and how they leave and come back.

import { byId, download } from "./dom.js";
import { number, t } from "./i18n.js";
import { attempt, onClick, say } from "./status.js";

export function correctionsOf(mailbox) {
  const count = async () => {
    const { ham, spam, features } = await mailbox.personal();
    const none = ham + spam === 0;
    byId("corrections-count").textContent = none
      ? t("correctionsNone")
      : t("correctionsCount", { ham: number(ham), spam: number(spam), features: number(features) });
    byId("corrections-kept").textContent = unstored(mailbox) ?? t("correctionsWhat");
    byId("export").disabled = byId("clear").disabled = none;
    return none;
  };
  mailbox.addEventListener("corrected", count);
  document.addEventListener("language", count);
  count();

  onClick("export", async () => {
    download("tamis-personal.counts", await mailbox.exportPersonal());
    say(t("exported"));
  });
  onClick("import", () => byId("pick-personal").click());
  byId("pick-personal").addEventListener("change", ({ target }) => attempt(async () => {
    const bytes = new Uint8Array(await target.files[0].arrayBuffer());
    target.value = "";
    const how = (await count()) ? "replace" : await answerOf(byId("importing"));
    if (!how) return;
    const { moved } = await (how === "merge" ? mailbox.mergePersonal(bytes) : mailbox.importPersonal(bytes));
    say(t("imported", { moved }), unstored(mailbox));
  }));
  onClick("clear", async () => {
    if ((await answerOf(byId("clearing"))) !== "clear") return;
    await mailbox.clearPersonal();
    say(t("cleared"), unstored(mailbox));
  });
}

/** What the person must know if this browser does not store the corrections. */
export const unstored = ({ problem }) => problem && t("notStored", { why: problem.message });

/** What a dialog is answered with; empty if it is left. */
function answerOf(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
}
