// The extension as built, in a Thunderbird that is played here: its `browser` and IndexedDB, nothing of tamis.

import "fake-indexeddb/auto";

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { parseHTML } from "linkedom";
import { createClassifier } from "tamis";

import { mail, names } from "../mail.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = `${here}dist/`;
const TAB = 7;

const event = () => {
  const listeners = [];
  return {
    addListener: (listener) => listeners.push(listener),
    fire: (...args) => Promise.all(listeners.map((listener) => listener(...args))),
    last: () => listeners.at(-1),
    clear: () => listeners.splice(0),
  };
};

/** The messages by id. */
const messages = new Map();
let shown = [];
let button, updates, readers;

const browser = {
  runtime: {
    getURL: (file) => pathToFileURL(dist + file).href,
    onMessage: event(),
    // What passes between popup and background is copied.
    sendMessage: async (message) => structuredClone(await browser.runtime.onMessage.last()(structuredClone(message))),
  },
  messageDisplay: {
    onMessagesDisplayed: event(),
    getDisplayedMessages: async () => ({ id: null, messages: shown.map((id) => ({ id })) }),
  },
  messageDisplayAction: {
    setBadgeText: async ({ tabId, text }) => void ((button[tabId] ??= {}).text = text),
    setBadgeBackgroundColor: async ({ tabId, color }) => void ((button[tabId] ??= {}).color = color),
    setTitle: async ({ tabId, title }) => void ((button[tabId] ??= {}).title = title),
  },
  messages: {
    onUpdated: event(),
    async getRaw(id, { data_format }) {
      assert.equal(data_format, "File");
      await readers.get(id);
      if (!messages.has(id)) throw new Error(`there is no message ${id}`);
      return new File([messages.get(id)], "message.eml");
    },
    // Thunderbird tells of changes that the extension made, too.
    async update(id, properties) {
      updates.push([id, properties]);
      await browser.messages.onUpdated.fire({ id }, properties);
    },
  },
  tabs: { onRemoved: event(), query: async () => [{ id: TAB }] },
};

/** The extension's files are fetched: `fetch` of Node does not know `file:`. */
const fetchFile = async (address) => new Response(readFileSync(new URL(address)));

let starts = 0;
/** Starts the background script, as Thunderbird does once more when it was idle. */
async function start() {
  const { runtime, messageDisplay, messages, tabs } = browser;
  for (const each of [runtime.onMessage, messageDisplay.onMessagesDisplayed, messages.onUpdated, tabs.onRemoved]) {
    each.clear();
  }
  await import(`${pathToFileURL(dist)}background.js?${starts++}`);
}

/** Displays messages; what the button says then. */
async function display(...ids) {
  shown = ids;
  await browser.messageDisplay.onMessagesDisplayed.fire({ id: TAB }, { id: null, messages: ids.map((id) => ({ id })) });
  return button[TAB];
}

const press = (id, junk) => browser.messages.onUpdated.fire({ id }, { junk });

/** Opens the popup; its document. */
async function popup() {
  const { document, Event } = parseHTML(readFileSync(`${dist}popup.html`, "utf8"));
  globalThis.document = document;
  await import(`${pathToFileURL(dist)}popup.js?${starts++}`);
  const click = async (id, until) => {
    document.getElementById(id).dispatchEvent(new Event("click"));
    for (let tries = 0; !until(); tries++) {
      assert.ok(tries < 500, "nothing came of the click");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const rows = () =>
    [...document.querySelectorAll("tbody tr")].map((row) => [...row.children].map((cell) => cell.textContent));
  return { document, click, rows, verdict: () => document.getElementById("verdict").textContent };
}

let local;
const consoleError = console.error;
let complaints;

before(async () => {
  execFileSync(process.execPath, ["build.mjs"], { cwd: here, stdio: "inherit" });
  local = await createClassifier();
  globalThis.browser = browser;
  globalThis.fetch = fetchFile;
});

beforeEach(async () => {
  button = {};
  updates = [];
  readers = new Map();
  complaints = [];
  console.error = (error) => complaints.push(error.message);
  messages.clear();
  await new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase("tamis");
    request.onsuccess = resolve;
    request.onerror = reject;
  });
  await start();
});

after(() => {
  console.error = consoleError;
  local?.free();
});

const text = { ham: "✓", unsure: "?", spam: "!" };

describe("the displayed message", () => {
  test("every message gets the verdict that Node gives it", async () => {
    const all = ["ham", "spam", "malformed", "rfc"].flatMap(names);
    for (const [id, name] of all.entries()) {
      messages.set(id, mail(name));
      const verdict = local.classifySync(mail(name));
      const { text: badge, title } = await display(id);
      assert.equal(badge, text[verdict.class], name);
      assert.equal(title, `tamis: ${verdict.class}, ${(verdict.probability * 100).toFixed(1)} % spam`, name);
    }
    assert.deepEqual(complaints, []);
  });

  test("several messages, or none, have no verdict", async () => {
    messages.set(1, mail("ham/reply.eml"));
    messages.set(2, mail("spam/pharmacy.eml"));
    assert.notEqual((await display(1)).text, "");
    assert.deepEqual(await display(1, 2), { text: "", color: null, title: "tamis" });
    assert.deepEqual(await display(), { text: "", color: null, title: "tamis" });
  });

  test("a verdict that comes late is not shown for the next message", async () => {
    messages.set(1, mail("ham/reply.eml"));
    let release;
    readers.set(1, new Promise((resolve) => (release = resolve)));
    const late = display(1);
    await display();
    release();
    await late;
    assert.equal(button[TAB].text, "");
  });

  test("a message that cannot be read is told of", async () => {
    assert.deepEqual(await display(9), { text: "", color: null, title: "tamis: there is no message 9" });
    assert.deepEqual(complaints, ["there is no message 9"]);
  });
});

describe("the junk button", () => {
  test("is learned both ways, at once, and after Thunderbird ended the script", async () => {
    messages.set(1, mail("spam/pharmacy.eml"));
    messages.set(2, mail("ham/reply.eml"));
    for (const junk of [true, false]) {
      await press(1, junk);
      await press(2, !junk);
      assert.equal((await display(1)).text, text[junk ? "spam" : "ham"]);
      assert.equal((await display(2)).text, text[junk ? "ham" : "spam"]);
      const { title } = button[TAB];
      await start();
      assert.deepEqual((await display(2)).title, title);
    }
  });

  test("moves the verdict on show", async () => {
    messages.set(1, mail("ham/reply.eml"));
    await display(1);
    await press(1, true);
    assert.equal(button[TAB].text, "!");
    await press(1, false);
    assert.equal(button[TAB].text, "✓");
  });

  test("other changes are no corrections", async () => {
    messages.set(1, mail("ham/reply.eml"));
    const before = await display(1);
    await browser.messages.onUpdated.fire({ id: 1 }, { read: true, flagged: false });
    await start();
    assert.deepEqual(await display(1), before);
    assert.equal((await display(1)).title, before.title);
  });

  test("a message that is gone is told of", async () => {
    await press(9, true);
    assert.deepEqual(complaints, ["there is no message 9"]);
  });
});

describe("the popup", () => {
  test("shows the verdict and its reasons, as text", async () => {
    messages.set(1, Buffer.from("Subject: <img src=x onerror=alert(1)> free\r\n\r\n<b>money</b> now\r\n"));
    await display(1);
    const { document, rows, verdict } = await popup();
    const expected = local.classifySync(messages.get(1), { explain: 12 });
    assert.equal(verdict(), `${expected.class}: ${(expected.probability * 100).toFixed(1)} % spam`);
    assert.deepEqual(
      rows(),
      expected.evidence.map(({ feature, pull }) => [feature, `${pull > 0 ? "+" : "−"}${Math.abs(pull).toFixed(2)}`]),
    );
    assert.equal(document.querySelector("img, b"), null);
  });

  test("its buttons teach as the junk button does", async () => {
    messages.set(1, mail("spam/pharmacy.eml"));
    await display(1);
    const { click, verdict } = await popup();
    await click("ham", () => updates.length === 1 && verdict().startsWith("ham"));
    await click("spam", () => updates.length === 2 && verdict().startsWith("spam"));
    assert.deepEqual(updates, [[1, { junk: false }], [1, { junk: true }]]);
    assert.equal(button[TAB].text, "!");
  });

  test("without a message, or with one that cannot be read", async () => {
    await display();
    const empty = await popup();
    assert.equal(empty.verdict(), "No message");
    assert.equal(empty.document.getElementById("spam").disabled, true);
    await display(9);
    assert.equal((await popup()).verdict(), "there is no message 9");
  });
});

test("web-ext lint finds nothing but what Thunderbird has and Firefox has not", () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["node_modules/web-ext/bin/web-ext.js", "lint", "--source-dir", dist, "--output", "json", "--no-config-discovery"],
    { cwd: here, encoding: "utf8", maxBuffer: 1 << 24, env: { ...process.env, NO_UPDATE_NOTIFIER: "1" } },
  );
  assert.match(stdout, /"summary"/, stderr);
  const { errors, warnings, notices } = JSON.parse(stdout);
  assert.deepEqual([...errors, ...notices], []);
  const messagesOfThunderbird = /^(messages|messageDisplay)\.\w+ is not supported|Invalid permissions "messages(Read|Update)"/;
  const unexpected = warnings.filter(
    ({ code, message }) => !messagesOfThunderbird.test(message) && code !== "KEY_FIREFOX_ANDROID_UNSUPPORTED_BY_MIN_VERSION",
  );
  assert.deepEqual(unexpected, []);
});
