// Languages, keyboard, screen readers, light and dark, small screens.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { openExamples, ready } from "./browser.mjs";
import { count, onPage, row, said } from "./fixture.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

async function accessible(page, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const told = (node) => `${node.target} ${node.failureSummary}`;
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(told).join("; ")}`), [], where);
}

onPage("the language follows the browser and the switch", { locale: "zh-CN" }, async (page) => {
  assert.equal(await page.locator("html").getAttribute("lang"), "zh-Hans");
  await openExamples(page);
  await page.getByRole("button", { name: "不是垃圾" }).waitFor();
  assert.equal(await page.title(), "tamis：讲得出理由的垃圾邮件过滤器");
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("button", { name: "Not spam" }).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await page.reload();
  await ready(page);
  await page.getByText("Drop mail here").waitFor();
  const untranslated = await page.evaluate(() => [...document.querySelectorAll("[data-t]")].filter((element) => element.textContent === element.dataset.t && element.dataset.t.length > 8));
  assert.deepEqual(untranslated, []);
});

onPage("everything can be done from the keyboard", {}, async (page) => {
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.className || document.activeElement.textContent);
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "skip");
  await page.locator("#welcome-examples").focus();
  await page.keyboard.press("Enter");
  await page.locator(".reading .verdict").waitFor();
  await page.locator("#progress").waitFor({ state: "hidden" });

  await page.locator(".skip").focus();
  await page.keyboard.press("Enter");
  assert.match(await focused(), /^message/);
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("j");
  const chosen = page.locator("[role=option][aria-selected=true]");
  assert.equal(await chosen.count(), 1);
  assert.equal(await chosen.evaluate((row) => [...row.parentElement.children].indexOf(row)), 2);
  assert.equal(await chosen.evaluate((row) => row === document.activeElement && row.tabIndex), 0);

  await page.keyboard.press("Enter");
  assert.equal(await focused(), "reading");
  await page.keyboard.press("s");
  await page.locator(".teach.spam[aria-pressed=true]").waitFor();
  await page.keyboard.press("h");
  await page.locator(".teach.ham[aria-pressed=true]").waitFor();
  await page.keyboard.press("u");
  await said(page, "Undone");
  await page.keyboard.press("Escape");
  assert.match(await focused(), /^message/);

  await page.keyboard.press("/");
  assert.equal(await focused(), "search");
  await page.keyboard.type("shush");
  assert.equal(await page.locator("#search").inputValue(), "shush");
  await page.getByText("No message is like that.").waitFor();
  assert.equal(await count(page, "taught"), 0, "letters in a text field teach nothing");

  await page.locator("#help-open").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await focused(), "help-open");
});

for (const colorScheme of ["light", "dark"]) {
  onPage(`axe finds nothing in the ${colorScheme} page`, { colorScheme }, async (page) => {
    const dark = await page.evaluate(() => {
      const [red] = getComputedStyle(document.documentElement).backgroundColor.match(/\d+/g).map(Number);
      return red < 128;
    });
    assert.equal(dark, colorScheme === "dark");
    await accessible(page, "empty");
    await openExamples(page);
    await row(page, "Your account has been limited").click();
    await page.locator(".reading h2", { hasText: "limited" }).waitFor();
    await page.getByRole("button", { name: /^Show all/ }).click();
    await accessible(page, "message");
    await page.getByRole("button", { name: "Not spam" }).click();
    await said(page, "Learned");
    await page.locator(".headers summary").click();
    await accessible(page, "taught");
    await page.locator("#help-open").click();
    await accessible(page, "help");
    await page.keyboard.press("Escape");
    await page.locator("#go-evaluate").click();
    await page.getByRole("button", { name: "With the examples" }).click();
    await page.locator(".outcome").waitFor();
    await accessible(page, "evaluation");
  });
}

onPage("axe finds nothing in the Chinese page on a small screen", { locale: "zh-CN", viewport: { width: 390, height: 800 } }, async (page) => {
  await page.getByRole("button", { name: "试试示例" }).click();
  await page.locator(".message").nth(29).waitFor({ state: "attached" });
  await accessible(page, "list");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing sticks out");
  await page.locator(".message").first().click();
  await page.locator(".reading .verdict").waitFor();
  await accessible(page, "message");
  await page.getByRole("button", { name: "← 返回列表" }).click();
  assert.ok(await page.locator("#list").isVisible());
});
