// Listens to Thunderbird: classifies what is displayed, learns from the junk button. All listeners are added
// at once, so that Thunderbird starts this script again for them.

import { classify, learn } from "./filter.js";

const BADGES = {
  ham: { text: "✓", color: "#2e7d32" },
  unsure: { text: "?", color: "#8a6d00" },
  spam: { text: "!", color: "#c62828" },
};

/** Which message each tab shows: a verdict may come after the user went on to another. */
const displayed = new Map();

browser.messageDisplay.onMessagesDisplayed.addListener((tab, { messages }) => {
  // Several messages at once have no verdict.
  return show(tab.id, messages.length === 1 ? messages[0].id : undefined);
});

browser.messages.onUpdated.addListener(async (message, changed) => {
  if (changed.junk === undefined) return;
  try {
    await learn(message.id, changed.junk ? "spam" : "ham");
  } catch (error) {
    console.error(error);
    return;
  }
  await Promise.all([...displayed].filter(([, id]) => id === message.id).map(([tab, id]) => show(tab, id)));
});

browser.tabs.onRemoved.addListener((tab) => displayed.delete(tab));

/** What the popup asks for. */
browser.runtime.onMessage.addListener(({ ask, id, label }) => {
  if (ask === "classify") return answer(classify(id));
  if (ask === "learn") return answer(correct(id, label));
  return undefined;
});

/** Errors do not keep their code on the way to the popup. */
const answer = (promise) => promise.catch((error) => ({ error: error.message }));

/** The buttons do what Thunderbird's junk button does. */
async function correct(id, label) {
  await learn(id, label);
  await browser.messages.update(id, { junk: label === "spam" });
  return classify(id);
}

async function show(tab, id) {
  displayed.set(tab, id);
  let badge = { text: "", color: null };
  let title = "tamis";
  if (id !== undefined) {
    try {
      const { class: name, probability } = await classify(id);
      badge = BADGES[name];
      title = `tamis: ${name}, ${(probability * 100).toFixed(1)} % spam`;
    } catch (error) {
      console.error(error);
      title = `tamis: ${error.message}`;
    }
  }
  if (displayed.get(tab) !== id) return;
  const { messageDisplayAction: button } = browser;
  await button.setBadgeText({ tabId: tab, text: badge.text });
  await button.setBadgeBackgroundColor({ tabId: tab, color: badge.color });
  await button.setTitle({ tabId: tab, title });
}
