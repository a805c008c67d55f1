// The popup of the button: the verdict, its reasons, and the user's word on it.

const element = (id) => document.getElementById(id);

async function displayedId() {
  const [tab] = await browser.tabs.query({ active: true, currentWindow: true });
  const { messages } = await browser.messageDisplay.getDisplayedMessages(tab.id);
  return messages.length === 1 ? messages[0].id : undefined;
}

function render({ error, class: name, probability, evidence = [] }) {
  element("verdict").textContent = error ?? `${name}: ${(probability * 100).toFixed(1)} % spam`;
  element("evidence").hidden = evidence.length === 0;
  // A message's words are text here, never markup.
  element("evidence").querySelector("tbody").replaceChildren(...evidence.map(({ feature, pull }) => {
    const row = document.createElement("tr");
    row.className = pull > 0 ? "spam" : "ham";
    for (const text of [feature, `${pull > 0 ? "+" : "−"}${Math.abs(pull).toFixed(2)}`]) {
      row.appendChild(document.createElement("td")).textContent = text;
    }
    return row;
  }));
}

const id = await displayedId();
for (const label of ["spam", "ham"]) {
  element(label).disabled = id === undefined;
  element(label).addEventListener("click", async () => render(await browser.runtime.sendMessage({ ask: "learn", id, label })));
}
render(id === undefined ? { error: "No message" } : await browser.runtime.sendMessage({ ask: "classify", id }));
