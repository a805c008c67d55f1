// What the page tells the person, in sight and to screen readers.

import { byId } from "./dom.js";
import { t } from "./i18n.js";

/** How long it can be read, in milliseconds. */
const SHOWN = 8000;

let timer;

/** Tells these texts, those that there are, in the place of what was told before. */
export function say(...texts) {
  const text = texts.filter(Boolean).join(" ");
  byId("status").textContent = text;
  clearTimeout(timer);
  if (text) timer = setTimeout(() => (byId("status").textContent = ""), SHOWN);
}

/** Does something that may fail, and says why if it does. */
export async function attempt(action) {
  try {
    await action();
  } catch (error) {
    say(t("failed", { why: error.message }));
    console.warn(error);
  }
}

/** Has a click on this element attempt something. */
export const onClick = (id, action) => byId(id).addEventListener("click", () => attempt(action));
