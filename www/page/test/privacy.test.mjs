// Nothing leaves the page, nothing in mail gets a hold of it, and it needs no network.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { join } from "node:path";
import { test } from "node:test";

import { open, openExamples, ready, start } from "./browser.mjs";
import { browser, onPage, said, scratch, site } from "./fixture.mjs";

/** Waits until everything is kept for use without a network. */
const kept = (page) => page.waitForFunction(async () => {
  const { active } = await navigator.serviceWorker.ready;
  return active.state === "activated" && navigator.serviceWorker.controller !== null;
});

/** A server of somebody else, and the visits to it. */
async function elsewhere(t) {
  const visits = [];
  const server = createServer((request, response) => {
    visits.push(request.url);
    response.setHeader("Access-Control-Allow-Origin", "*").end("x");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return { visits, url: `http://127.0.0.1:${server.address().port}` };
}

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
  const { visits, url } = await elsewhere(t);
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
  const { visits, url } = await elsewhere(t);
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

test("the server gives away its own files only, and does not fall", async () => {
  const own = await start();
  const statuses = {};
  for (const path of ["/", "/index.html", "/../package.json", "/%2e%2e/package.json", "/..%2fpackage.json", "/%00", "/%", "/app", "//", "/none"]) {
    statuses[path] = await new Promise((resolve, reject) => {
      request({ port: new URL(own.url).port, path }, (response) => resolve(response.resume().statusCode)).on("error", reject).end();
    });
  }
  await own.stop();
  assert.deepEqual(statuses, {
    "/": 200, "/index.html": 200, "/../package.json": 404, "/%2e%2e/package.json": 404, "/..%2fpackage.json": 404, "/%00": 400,
    "/%": 400, "/app": 404, "//": 400, "/none": 404,
  });
});
