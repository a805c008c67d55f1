// Mail in the page: read, judged, explained and corrected.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { open, openExamples, ready } from "./browser.mjs";
import { allLogOdds, browser, choose, count, data, drop, onPage, row, said, scratch, site } from "./fixture.mjs";

/** Waits until the shown verdict is this one. */
const shows = (page, name) => page.locator(`.reading .verdict.${name}`).waitFor();

onPage("messages are judged, listed, filtered, sorted and found", {}, async (page) => {
  await openExamples(page);
  assert.equal(await page.locator(".message").count(), 30);
  assert.equal(await count(page, "all"), 30);
  assert.equal((await count(page, "ham")) + (await count(page, "unsure")) + (await count(page, "spam")), 30);
  assert.ok((await count(page, "spam")) > 0);

  await page.locator("[data-filter=spam]").click();
  assert.equal(await page.locator(".message").count(), await count(page, "spam"));
  assert.equal(await page.locator(".message:not(.spam)").count(), 0);
  await page.locator("[data-filter=all]").click();

  await page.locator("#sort").selectOption("spam");
  const odds = await allLogOdds(page);
  assert.deepEqual(odds, odds.toSorted((a, b) => b - a));

  await page.locator("#search").fill("ACCOUNT HAS BEEN");
  assert.deepEqual(await page.locator(".message .subject").allTextContents(), ["⚠ Your account has been limited - Case ID NB-88213-7"]);
});

onPage("the page gives the verdict that the package gives", {}, async (page) => {
  const { createClassifier } = await import("../../src/node.js");
  const classifier = await createClassifier();
  const files = ["ham/reply.eml", "spam/phishing-bank.eml", "ham/japanese-notice.eml", "malformed/binary.eml"].map((name) => join(data, name));
  await page.locator("#pick-files").setInputFiles(files);
  await page.locator(".message").nth(3).waitFor();
  const shown = await allLogOdds(page);
  const names = files.map((file) => file.split("/").at(-1)).toSorted();
  for (const [i, name] of names.entries()) {
    const { logOdds } = await classifier.classify(readFileSync(files.find((file) => file.endsWith(`/${name}`))));
    assert.equal(shown[i], Number(logOdds.toFixed(2)), name);
  }
  assert.match(await page.locator(".message").nth(1).textContent(), /打ち合わせ日程のご連絡/);
  classifier.free();
});

onPage("a verdict is explained in a chart and in the text", {}, async (page) => {
  await openExamples(page);
  await row(page, "Your account has been limited").click();
  await page.locator(".reading h2", { hasText: "limited" }).waitFor();
  const rows = page.locator(".reasons tbody tr");
  const pulls = (await page.locator(".reasons td .number").allTextContents()).map((text) => Math.abs(Number(text.replace("−", "-"))));
  assert.ok(pulls.length > 20);
  assert.deepEqual(pulls, pulls.toSorted((a, b) => b - a), "the strongest come first");
  assert.ok((await page.locator(".reasons tbody tr:visible").count()) < pulls.length);
  await page.getByRole("button", { name: /^Show all/ }).click();
  assert.equal(await page.locator(".reasons tbody tr:visible").count(), pulls.length);

  assert.ok((await page.locator(".reading h2 mark.spam").count()) > 0, "the subject is marked");
  const marks = page.locator(".text mark");
  assert.ok((await marks.count()) > 3, "the text is marked");
  const feature = await marks.first().evaluate((mark) => mark.features[0]);
  await rows.filter({ has: page.locator("xpath=self::*") }).and(page.locator(`[data-feature="${feature}"]`)).hover();
  assert.ok((await page.locator(".text mark.pointed").count()) > 0, "a row points at its place");
  assert.match(await page.locator(".text .hidden").textContent(), /ticket/, "hidden text is shown as such");
  assert.match(await page.locator(".text").textContent(), /⟨http:\/\/northbank\.example\.secure-login/, "links show where they go");
});

onPage("a correction holds, moves the others, is undone and survives", {}, async (page) => {
  await openExamples(page);
  const message = row(page, "Herzlichen");
  await message.click();
  await shows(page, "spam");
  const before = await allLogOdds(page);

  await page.getByRole("button", { name: "Not spam" }).click();
  await said(page, "Learned as ham");
  await shows(page, "ham");
  assert.match(await message.getAttribute("class"), /\bham\b/);
  const after = await allLogOdds(page);
  assert.ok(after.filter((odds, i) => odds !== before[i]).length > 1, "others moved");
  assert.ok((await page.locator(".message .moved").count()) > 1, "and show it");
  assert.equal(await count(page, "taught"), 1);
  assert.match(await page.locator("#corrections-count").textContent(), /^1 ham, 0 spam/);

  await page.getByRole("button", { name: "Spam", exact: true }).click();
  await shows(page, "spam");
  assert.match(await page.locator("#corrections-count").textContent(), /^0 ham, 1 spam/);

  await page.getByRole("button", { name: "Undo" }).click();
  await said(page, "Undone");
  assert.deepEqual(await allLogOdds(page), before, "exactly");

  await page.getByRole("button", { name: "Not spam" }).click();
  await said(page, "Learned as ham");
  await shows(page, "ham");
  const taught = await allLogOdds(page);
  await page.reload();
  await ready(page);
  assert.match(await page.locator("#corrections-count").textContent(), /^1 ham, 0 spam/);
  await openExamples(page);
  assert.deepEqual(await allLogOdds(page), taught);

  await page.getByRole("button", { name: "Clear" }).click();
  await page.locator("#clearing").getByRole("button", { name: "Clear" }).click();
  await said(page, "All corrections are gone");
  assert.deepEqual(await allLogOdds(page), before);
});

/** Teaches an example and exports that: the file. */
async function taughtAndExported(page, name) {
  await row(page, "Herzlichen").click();
  await shows(page, "spam");
  await page.getByRole("button", { name: "Not spam" }).click();
  await said(page, "Learned as ham");
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  const file = join(scratch, name);
  await (await downloading).saveAs(file);
  return file;
}

onPage("what was taught is known after a reload, and where it was imported", {}, async (page) => {
  await openExamples(page);
  const before = await allLogOdds(page);
  const file = await taughtAndExported(page, "taught.counts");

  await page.reload();
  await ready(page);
  await openExamples(page);
  assert.equal(await count(page, "taught"), 1);
  await page.locator("[data-filter=taught]").click();
  assert.equal(await page.locator(".message").count(), 1);
  assert.equal(await row(page, "Herzlichen").locator(".taught.ham").textContent(), "✓");
  await row(page, "Herzlichen").click();
  await page.getByText("You taught this as ham.").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await said(page, "Undone");
  await page.locator("[data-filter=all]").click();
  assert.equal(await count(page, "taught"), 0);
  assert.deepEqual(await allLogOdds(page), before);

  await choose(page, page.getByRole("button", { name: "Import…" }), file);
  await said(page, "Corrections imported");
  assert.equal(await count(page, "taught"), 1);
  await page.getByRole("button", { name: "Undo" }).waitFor();
  await page.getByRole("button", { name: "Clear" }).click();
  await page.locator("#clearing").getByRole("button", { name: "Clear" }).click();
  await said(page, "All corrections are gone");
  assert.equal(await count(page, "taught"), 0);
});

onPage("the person is told when corrections cannot be stored, until they can", {}, async (page) => {
  const kept = page.locator("#corrections-kept");
  const client = await page.context().newCDPSession(page);
  const { origin } = new URL(site.url);
  await openExamples(page);
  await row(page, "Herzlichen").click();
  await shows(page, "spam");
  assert.match(await kept.textContent(), /^Kept in this browser/);

  await client.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1 });
  await page.getByRole("button", { name: "Not spam" }).click();
  await said(page, /^Learned as ham.*Your corrections last until you close this page.*QuotaExceededError/);
  await shows(page, "ham");
  assert.match(await kept.textContent(), /^Your corrections last until you close this page/);
  await page.getByRole("button", { name: "中文" }).click();
  assert.match(await kept.textContent(), /^您的更正只保留到本页关闭为止/);
  await page.getByRole("button", { name: "English" }).click();

  await client.send("Storage.overrideQuotaForOrigin", { origin });
  await page.getByRole("button", { name: "Spam", exact: true }).click();
  await said(page, /^Learned as spam[^(]*$/);
  assert.match(await kept.textContent(), /^Kept in this browser/);
});

test("the person is told where a browser has no store at all", async () => {
  const context = await browser.newContext({ locale: "en-US", viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("storage is off", "SecurityError");
    };
  });
  await page.goto(site.url);
  await ready(page);
  await said(page, "The corrections stored in this browser cannot be used: the corrections cannot be stored: storage is off");
  await openExamples(page);
  await page.getByRole("button", { name: "Spam", exact: true }).click();
  await said(page, /Learned as spam.*Your corrections last until you close this page.*storage is off\)/);
  await context.close();
});

onPage("corrections are exported, imported and merged", {}, async (page) => {
  await openExamples(page);
  const file = await taughtAndExported(page, "personal.counts");
  const odds = await allLogOdds(page);

  const other = await open(browser, site.url);
  await openExamples(other);
  await choose(other, other.getByRole("button", { name: "Import…" }), file);
  await said(other, "Corrections imported");
  assert.deepEqual(await allLogOdds(other), odds);

  await other.getByRole("button", { name: "Clear" }).click();
  await other.locator("#clearing").getByRole("button", { name: "Clear" }).click();
  await said(other, "All corrections are gone");
  await row(other, "Your account has been limited").click();
  await other.locator(".reading h2", { hasText: "limited" }).waitFor();
  await other.getByRole("button", { name: "Spam", exact: true }).click();
  await said(other, "Learned as spam");
  await choose(other, other.getByRole("button", { name: "Import…" }), file);
  await other.locator("#importing").getByRole("button", { name: "Add to them" }).click();
  await other.locator("#corrections-count", { hasText: /^1 ham, 1 spam/ }).waitFor();
  await choose(other, other.getByRole("button", { name: "Import…" }), file);
  await other.locator("#importing").getByRole("button", { name: "Replace them" }).click();
  await other.locator("#corrections-count", { hasText: /^1 ham, 0 spam/ }).waitFor();

  const broken = join(scratch, "broken.counts");
  writeFileSync(broken, readFileSync(file).subarray(0, 40));
  await choose(other, other.getByRole("button", { name: "Import…" }), broken);
  await other.locator("#importing").getByRole("button", { name: "Replace them" }).click();
  await said(other, "That did not work");
  assert.match(await other.locator("#corrections-count").textContent(), /^1 ham, 0 spam/, "nothing is lost");
  await other.context().close();
});

onPage("folders, mboxes and pasted sources are read", {}, async (page) => {
  await drop(page, [join(data, "ham"), join(data, "spam", "pharmacy.eml")], 800, 400);
  await said(page, "15 messages read");

  const mbox = join(scratch, "box");
  const message = (i) => `From a@b Thu Aug 22 12:36:23 2002\nSubject: number ${i}\n\nFrom here on\n\n`;
  writeFileSync(mbox, Array.from({ length: 250 }, (_, i) => message(i)).join(""));
  await page.locator("#pick-files").setInputFiles(mbox);
  await said(page, "250 messages read");
  assert.equal(await count(page, "all"), 265);
  await page.locator(".message").first().click();
  await page.keyboard.press("End");
  await page.locator(".reading h2", { hasText: "number 249" }).waitFor();

  await page.getByRole("button", { name: "Paste source…" }).click();
  await page.getByRole("textbox", { name: "Source" }).fill("From: Ann <ann@example.org>\nSubject: pasted by hand\n\nHello\n");
  await page.getByRole("button", { name: "Judge it" }).click();
  await page.locator(".reading h2", { hasText: "pasted by hand" }).waitFor();
});

onPage("damaged messages are judged and shown too", {}, async (page) => {
  await choose(page, page.getByRole("button", { name: "Folder…" }), join(data, "malformed"));
  await said(page, /\d\d messages read/);
  const rows = page.locator(".message");
  for (let i = 0; i < (await rows.count()); i += 1) {
    await rows.nth(i).click();
    await page.waitForFunction((i) => document.querySelectorAll(".message")[i].ariaSelected === "true" && document.querySelector(".reading .verdict"), i);
  }
});

onPage("a trusted server's word counts", {}, async (page) => {
  await page.getByText("Trusted servers").click();
  await page.getByRole("textbox", { name: "Server names" }).fill("mx2.fernbrook.example");
  await page.getByRole("button", { name: "Believe" }).click();
  await said(page, "1 trusted");
  await openExamples(page);
  await row(page, "Your account has been limited").click();
  await page.locator(".reading h2", { hasText: "limited" }).waitFor();
  // Its Authentication-Results say so; the model was trained without, so it has to be taught first.
  await page.getByRole("button", { name: "Spam", exact: true }).click();
  await said(page, "Learned as spam");
  await page.locator('[data-feature="auth:dmarc=fail"]').waitFor({ state: "attached" });
  const trusting = await allLogOdds(page);

  await page.reload();
  await ready(page);
  await openExamples(page);
  assert.deepEqual(await allLogOdds(page), trusting, "it is remembered");
  await page.getByText("Trusted servers").click();
  await page.getByRole("textbox", { name: "Server names" }).fill("");
  await page.getByRole("button", { name: "Believe" }).click();
  await said(page, "0 trusted");
  assert.notDeepEqual(await allLogOdds(page), trusting);
});

onPage("all mail is closed, and other mail opened", {}, async (page) => {
  await openExamples(page);
  await page.getByRole("button", { name: "Close all mail" }).click();
  await page.getByText("Drop mail here").waitFor();
  assert.equal(await count(page, "all"), 0);
  await page.locator("#pick-files").setInputFiles(join(data, "ham", "reply.eml"));
  await page.locator(".reading h2", { hasText: "soil moisture" }).waitFor();
  assert.equal(await page.locator(".message").count(), 1);
});
