// How far the mailbox is with reading or judging, if that takes long enough to be seen.

import { byId } from "./dom.js";
import { number, t } from "./i18n.js";

export function progressOf(mailbox) {
  const bar = byId("progress").querySelector("progress");
  const text = byId("progress").querySelector("span");
  mailbox.addEventListener("progress", ({ detail: { done, total } }) => {
    byId("progress").hidden = done === undefined;
    if (total) {
      bar.max = total;
      bar.value = done;
    } else {
      bar.removeAttribute("value");
    }
    if (done) text.textContent = t(total ? "judging" : "reading_progress", { n: number(done), total: number(total ?? 0) });
  });
}
