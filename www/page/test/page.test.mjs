// The page as a person uses it, in Chromium.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { launch, open, openExamples, ready, start } from "./browser.mjs";

const data = fileURLToPath(new URL("../../../tests/data/", import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser;
let site;
let scratch;

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), "tamis-page-"));
  [browser, site] = await Promise.all([launch(), start()]);
});

after(async () => {
  await browser?.close();
  await site?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

/** A test with a page of its own, which must not have logged an error at its end. */
function onPage(name, options, body) {
  test(name, async (t) => {
    const page = await open(browser, site.url, options);
    try {
      await body(page, t);
      assert.deepEqual(page.errors, []);
    } finally {
      await page.context().close();
    }
  });
}

const row = (page, subject) => page.locator(".message", { hasText: subject });
const count = async (page, filter) => Number(await page.locator(`[data-filter=${filter}] .count`).textContent());
const said = (page, text) => page.locator("#status", { hasText: text }).waitFor();
const logOdds = async (message) => Number((await message.getAttribute("title")).match(/[+−]?[\d.]+$/)[0].replace("−", "-"));
const allLogOdds = async (page) => Promise.all((await page.locator(".message").all()).map(logOdds));

/** Waits until the shown verdict is this one. */
const shows = (page, name) => page.locator(`.reading .verdict.${name}`).waitFor();

async function choose(page, button, files) {
  const choosing = page.waitForEvent("filechooser");
  await button.click();
  await (await choosing).setFiles(files);
}

async function accessible(page, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`);
  assert.deepEqual(found, [], where);
}

/** Waits until everything is kept for use without a network. */
const kept = (page) => page.waitForFunction(async () => {
  const { active } = await navigator.serviceWorker.ready;
  return active.state === "activated" && navigator.serviceWorker.controller !== null;
});

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

onPage("corrections are exported, imported and merged", {}, async (page) => {
  await openExamples(page);
  await row(page, "Herzlichen").click();
  await shows(page, "spam");
  await page.getByRole("button", { name: "Not spam" }).click();
  await said(page, "Learned as ham");
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  const file = join(scratch, "personal.counts");
  await (await downloading).saveAs(file);
  const odds = await allLogOdds(page);

  const other = await open(browser, site.url);
  await openExamples(other);
  await choose(other, other.getByRole("button", { name: "Import…" }), file);
  await said(other, "Corrections imported");
  assert.deepEqual(await allLogOdds(other), odds);

  await choose(other, other.getByRole("button", { name: "Import…" }), file);
  await other.locator("#importing").getByRole("button", { name: "Add to them" }).click();
  await other.locator("#corrections-count", { hasText: /^2 ham, 0 spam/ }).waitFor();
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
  const client = await page.context().newCDPSession(page);
  const drop = { x: 800, y: 400, data: { items: [], files: [join(data, "ham"), join(data, "spam", "pharmacy.eml")], dragOperationsMask: 1 } };
  for (const type of ["dragEnter", "dragOver", "drop"]) await client.send("Input.dispatchDragEvent", { type, ...drop });
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
  await page.getByText("1 ham and 1 spam. 1 message without a label left out.").waitFor();

  await page.getByRole("button", { name: "With the examples" }).click();
  await page.getByText("14 ham and 16 spam").waitFor();
  await page.locator(".mistakes button").first().click();
  await page.locator(".reading .verdict").waitFor();
});

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

onPage("nothing is requested after loading", {}, async (page) => {
  await kept(page);
  const before = site.requests.length;
  const asked = [];
  page.context().on("request", (request) => request.url().startsWith("http") && asked.push(request.url()));
  await openExamples(page);
  await page.locator(".skip").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Not spam" }).click();
  await said(page, "Learned");
  await page.getByRole("button", { name: "中文" }).click();
  await page.getByRole("button", { name: "English" }).click();
  await page.locator("#go-evaluate").click();
  await page.getByRole("button", { name: "With the examples" }).click();
  await page.locator(".outcome").waitFor();
  assert.deepEqual(asked, []);
  assert.deepEqual(site.requests.slice(before), []);
});

onPage("other hosts cannot be reached at all", {}, async (page, t) => {
  const visits = [];
  const other = createServer((request, response) => {
    visits.push(request.url);
    response.setHeader("Access-Control-Allow-Origin", "*").end("x");
  });
  await new Promise((resolve) => other.listen(0, "127.0.0.1", resolve));
  t.after(() => other.close());
  const url = `http://127.0.0.1:${other.address().port}/`;
  const outcomes = await page.evaluate(async (url) => {
    const image = new Image();
    const loading = new Promise((resolve) => ((image.onload = () => resolve("loaded")), (image.onerror = () => resolve("refused"))));
    image.src = url;
    const fetching = fetch(url, { mode: "no-cors" }).then(() => "loaded", () => "refused");
    return [await loading, await fetching, navigator.sendBeacon(url)];
  }, url);
  assert.deepEqual(outcomes.slice(0, 2), ["refused", "refused"]);
  assert.deepEqual(visits, []);
  assert.ok(page.errors.every((error) => /Content Security Policy|violates/.test(error)), page.errors.join("\n"));
  page.errors.length = 0;
});

onPage("hostile mail does nothing", {}, async (page, t) => {
  const visits = [];
  const tracker = createServer((request, response) => {
    visits.push(request.url);
    response.end();
  });
  await new Promise((resolve) => tracker.listen(0, "127.0.0.1", resolve));
  t.after(() => tracker.close());
  const url = `http://127.0.0.1:${tracker.address().port}`;
  const bad = `<img src="${url}/image" onerror="window.hacked=1"><script>window.hacked=2</script><style>@import "${url}/css";
    body{display:none!important}</style><link rel="prefetch" href="${url}/prefetch"><meta http-equiv="refresh" content="0;url=${url}/refresh">
    <iframe src="${url}/frame"></iframe><svg onload="window.hacked=3"><use href="${url}/svg#x"/></svg><object data="${url}/object"></object>
    <form action="${url}/form"><input autofocus onfocus="window.hacked=4"></form><a href="javascript:window.hacked=5">click</a>
    <video src="${url}/video" autoplay></video><p style="background:url(${url}/style)">The end of it</p>`;
  const name = `<img src=x onerror=window.hacked=6>`;
  const file = join(scratch, `${name.replaceAll("/", "")}.eml`);
  writeFileSync(file, `From: "${name}" <a@b.example>\nTo: ${name}\nSubject: ${name} __proto__ ${"{{constructor}}"}\nX-${"A".repeat(50)}: ${name}\n` +
    `Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n${bad}\n--b\nContent-Type: text/html; name="${name}"\n` +
    `Content-Disposition: attachment; filename="${name}"\n\n${bad}\n--b--\n`);
  await page.locator("#pick-files").setInputFiles(file);
  await page.locator(".text", { hasText: "The end of it" }).waitFor();
  await page.locator(".headers summary").click();
  await page.getByRole("button", { name: "Spam", exact: true }).click();
  await said(page, "Learned as spam");
  await page.waitForLoadState("networkidle");
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  const made = await page.locator("#reading, #list").evaluateAll((roots) =>
    roots.flatMap((root) => [...root.querySelectorAll("img, script, style, link, meta, iframe, svg, object, form, input, a, video, [style*=url]")].map((e) => e.outerHTML)));
  assert.deepEqual(made, []);
  assert.equal(page.url(), site.url);
  assert.deepEqual(visits, []);
  assert.match(await page.locator(".reading h2").textContent(), /<img src=x onerror=window\.hacked=6>/, "it is text");
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

test("it works without a network", async () => {
  const own = await start();
  const page = await open(browser, own.url);
  await kept(page);
  await own.stop();
  await page.reload();
  await ready(page);
  await openExamples(page);
  await page.getByRole("button", { name: "Not spam" }).click();
  await said(page, "Learned as ham");
  await page.locator("#go-evaluate").click();
  await page.getByRole("button", { name: "With the examples" }).click();
  await page.getByText("14 ham and 16 spam").waitFor();
  assert.deepEqual(page.errors, []);
  await page.context().close();
});
