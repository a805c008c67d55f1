// The extension in a real Thunderbird.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { mail } from "../mail.mjs";
import { ensureThunderbird, startThunderbird } from "./thunderbird.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const artifacts = mkdtempSync(join(tmpdir(), "tamis-extension-"));
const subjects = { ham: "Draft of the soil moisture report", spam: "V1AGRA" };
let thunderbird;

before(async () => {
  ensureThunderbird();
  const dist = join(artifacts, "dist");
  execFileSync(process.execPath, ["build.mjs", dist], { cwd: here, stdio: "inherit" });
  const args = ["build", "--source-dir", dist, "--artifacts-dir", artifacts, "--no-config-discovery"];
  execFileSync(process.execPath, ["node_modules/web-ext/bin/web-ext.js", ...args], {
    cwd: here,
    env: { ...process.env, NO_UPDATE_NOTIFIER: "1" },
    stdio: ["ignore", "ignore", "inherit"],
  });
  thunderbird = await startThunderbird();
  const file = readdirSync(artifacts).find((name) => name.endsWith(".zip"));
  await thunderbird.command("Addon:Install", { path: join(artifacts, file), temporary: true });
  const sources = [mail("spam/pharmacy.eml"), mail("ham/reply.eml")].map((source) => source.toString("latin1"));
  const count = await thunderbird.run(async (sources) => {
    const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
    if (MailServices.accounts.accounts.length === 0) MailServices.accounts.createLocalMailAccount();
    const root = MailServices.accounts.localFoldersServer.rootFolder.QueryInterface(Ci.nsIMsgLocalMailFolder);
    const folder = root.createLocalSubfolder("test").QueryInterface(Ci.nsIMsgLocalMailFolder);
    for (const source of sources) folder.addMessage(source);
    let pane;
    while (!pane?.displayFolder) {
      const window = Services.wm.getMostRecentWindow("mail:3pane");
      pane = window?.document.getElementById("tabmail")?.currentAbout3Pane;
      await new Promise((resolve) => Services.tm.dispatchToMainThread(resolve));
    }
    pane.displayFolder(folder.URI);
    return folder.getTotalMessages(false);
  }, sources);
  assert.equal(count, 2);
});

after(async () => {
  await thunderbird?.stop();
  rmSync(artifacts, { recursive: true });
});

/** Selects the message with this subject, or leaves the selection, and says what the button shows. */
const look = (subject) =>
  thunderbird.run(async (subject) => {
    const window = Services.wm.getMostRecentWindow("mail:3pane");
    const pane = window.document.getElementById("tabmail").currentAbout3Pane;
    const view = pane.gDBView;
    for (let row = 0; subject && row < (view?.rowCount ?? 0); row++) {
      if (view.getMsgHdrAt(row).subject.startsWith(subject)) pane.threadTree.selectedIndex = row;
    }
    const button = pane.messageBrowser?.contentDocument.querySelector("[id*=messageDisplayAction-toolbarbutton]");
    return { badge: button?.getAttribute("badge"), title: button?.getAttribute("label") };
  }, subject);

const command = (name) =>
  thunderbird.run(async (name) => {
    const window = Services.wm.getMostRecentWindow("mail:3pane");
    window.document.getElementById("tabmail").currentAbout3Pane.commandController.doCommand(name);
  }, name);

/** Looks until the button shows what is expected. */
async function shows(expected, subject) {
  let seen;
  for (let tries = 0; tries < 100; tries++) {
    seen = await look(tries % 10 ? undefined : subject);
    if (expected(seen)) return seen;
    await setTimeout(100);
  }
  assert.fail(`the button shows ${JSON.stringify(seen)}`);
}

test("each displayed message gets its verdict", { timeout: 60_000 }, async () => {
  const verdict = ({ badge, title }) => /^[✓?!]$/.test(badge) && /^tamis: (ham|unsure|spam), \d+\.\d % spam$/.test(title);
  await shows(verdict, subjects.spam);
  await shows(verdict, subjects.ham);
});

for (const [name, subject] of Object.entries(subjects)) {
  test(`the junk button teaches, both ways: ${name}`, { timeout: 60_000 }, async () => {
    await shows(({ badge }) => badge, subject);
    await command("cmd_markAsJunk");
    await shows(({ badge, title }) => badge === "!" && title.startsWith("tamis: spam, "));
    await command("cmd_markAsNotJunk");
    await shows(({ badge, title }) => badge === "✓" && title.startsWith("tamis: ham, "));
  });
}
