// The evaluation of labelled mail.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { openExamples } from "./browser.mjs";
import { choose, data, drop, onPage, said, scratch } from "./fixture.mjs";

onPage("an evaluation has a ROC curve, figures and mistakes", {}, async (page) => {
  await page.locator("#go-evaluate").click();
  const bin = (name) => page.locator(`[data-bin=${name}]`).getByRole("button", { name: "Files…" });
  await choose(page, bin("ham"), ["reply", "mailing-list", "german-invoice"].map((name) => join(data, "ham", `${name}.eml`)));
  await page.locator("#eval-run").click();
  await page.getByText("An evaluation needs both classes: there are 3 ham and 0 spam.").waitFor();

  await choose(page, bin("spam"), ["phishing-bank", "chinese-invoice", "seo-offer"].map((name) => join(data, "spam", `${name}.eml`)));
  await page.locator("#eval-run").click();
  await page.getByText("3 ham and 3 spam").waitFor();

  const { createClassifier } = await import("../../src/node.js");
  const { figuresOf } = await import("../src/metrics.js");
  const classifier = await createClassifier();
  const judged = [];
  for (const [label, names] of [["ham", ["reply", "mailing-list", "german-invoice"]], ["spam", ["phishing-bank", "chinese-invoice", "seo-offer"]]]) {
    for (const name of names) judged.push({ label, ...(await classifier.classify(readFileSync(join(data, label, `${name}.eml`)))) });
  }
  classifier.free();
  const figures = figuresOf(judged);
  assert.equal(await page.locator("[data-figure=roca] td").textContent(), `${figures.roca.toFixed(4)} %`);
  assert.equal(await page.locator("[data-figure=lam] td").textContent(), `${figures.lam.toFixed(2)} %`);
  assert.ok(await page.getByRole("img", { name: /^ROC curve/ }).locator(".curve").getAttribute("d"));
  const wrong = judged.filter(({ label, logOdds }) => (logOdds >= 0) !== (label === "spam")).length;
  assert.equal(await page.locator(".mistakes li").count(), wrong);

  const slider = page.getByRole("slider", { name: "Threshold" });
  await slider.press("Home");
  assert.match(await page.locator("output").textContent(), /0\.0 % of ham lost, 100\.0 % of spam missed/);
  await slider.press("End");
  assert.match(await page.locator("output").textContent(), /100\.0 % of ham lost, 0\.0 % of spam missed/);

  assert.ok(await page.evaluate(() => document.documentElement.scrollHeight <= innerHeight), "the page itself does not scroll");

  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save results" }).click();
  const results = readFileSync(await (await downloading).path(), "utf8");
  assert.match(results, /^phishing-bank\.eml judge=spam class=spam score=0\.\d+$/m);

  // One mbox with labels in it: they must be taken, and not be read as evidence.
  await page.getByRole("button", { name: "Start over" }).click();
  const mbox = join(scratch, "labelled.mbox");
  const source = (label, name, flag) =>
    `From a@b Thu Aug 22 12:36:23 2002\nX-Spam-Flag: ${flag}\n${readFileSync(join(data, label, `${name}.eml`), "utf8")}\n\n`;
  writeFileSync(mbox, source("ham", "reply", "NO") + source("spam", "advance-fee", "YES") + "From a@b Thu Aug 22 12:36:23 2002\nSubject: ?\n\n?\n");
  await choose(page, bin("both"), mbox);
  await page.locator("#eval-run").click();
  await page.getByText("1 ham and 1 spam · 1 message without a label left out").waitFor();

  await page.getByRole("button", { name: "With the examples" }).click();
  await page.getByText("14 ham and 16 spam").waitFor();
  await page.locator(".mistakes button").first().click();
  await page.locator(".reading .verdict").waitFor();
});

onPage("folders are dropped on an evaluation", {}, async (page) => {
  await page.locator("#go-evaluate").click();
  const { x, y } = await page.locator("[data-bin=spam]").boundingBox();
  await drop(page, [join(data, "spam")], x + 20, y + 20);
  await page.locator("[data-bin=spam] strong", { hasText: "16 files" }).waitFor();
  // Beside the bins it is labelled mail: here by the name of its folder.
  await drop(page, [join(data, "ham")], 20, y + 300);
  await page.locator("[data-bin=both] strong", { hasText: "14 files" }).waitFor();
  await page.locator("#eval-run").click();
  await page.getByText("14 ham and 16 spam").waitFor();
});

onPage("an evaluation is with or without the corrections", {}, async (page) => {
  await openExamples(page);
  await page.getByRole("button", { name: "Not spam" }).click();
  await said(page, "Learned as ham");
  await page.locator("#go-evaluate").click();
  const results = async () => {
    await page.getByRole("button", { name: "With the examples" }).click();
    await page.locator(".outcome").waitFor();
    const downloading = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save results" }).click();
    return readFileSync(await (await downloading).path(), "utf8");
  };
  const corrected = await results();
  await page.getByRole("checkbox", { name: "With my corrections" }).uncheck();
  const uncorrected = await results();
  assert.equal(corrected.split("\n").length, 31);
  assert.notEqual(corrected, uncorrected);
  assert.equal(uncorrected, await results());
});
