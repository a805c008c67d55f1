// The pictures of the page in the README: `npm run screenshots`. Installs fonts for them where they are missing.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "../build.mjs";
import { ensureModules, ensurePackage } from "../ensure.mjs";

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), "screenshots");
const fonts = "/usr/share/fonts";
ensureModules();
ensurePackage("fonts-noto-cjk", [`${fonts}/opentype/noto/NotoSansCJK-Regular.ttc`]);
ensurePackage("fonts-noto-color-emoji", [`${fonts}/truetype/noto/NotoColorEmoji.ttf`]);
mkdirSync(folder, { recursive: true });
await build();

const { launch, open, openExamples, start } = await import("./browser.mjs");
const [browser, site] = await Promise.all([launch(), start()]);

/** Opens the examples, does something with them, and takes a picture. */
async function picture(name, options, act) {
  const page = await open(browser, site.url, { viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", ...options });
  await openExamples(page);
  await act(page);
  // The status has been read.
  await page.evaluate(() => (document.getElementById("status").textContent = ""));
  await page.mouse.move(0, 0);
  const client = await page.context().newCDPSession(page);
  const { data } = await client.send("Page.captureScreenshot", { format: "webp", quality: 90 });
  const image = Buffer.from(data, "base64");
  writeFileSync(join(folder, `${name}.webp`), image);
  await page.context().close();
  console.log(`${name}.webp: ${Math.round(image.length / 1000)} kB`);
}

const choose = async (page, subject) => {
  await page.locator(".message", { hasText: subject }).click();
  await page.locator(".reading h2", { hasText: subject }).waitFor();
};

await picture("light", { colorScheme: "light" }, async (page) => {
  await choose(page, "Your account has been limited");
});
await picture("dark", { colorScheme: "dark" }, async (page) => {
  await choose(page, "March at the archive");
  await page.getByRole("button", { name: "Not spam" }).click();
  await page.locator("#status", { hasText: "Learned" }).waitFor();
});
await picture("chinese", { colorScheme: "light", locale: "zh-CN" }, async (page) => {
  await choose(page, "代开各类发票");
});
await picture("evaluation", { colorScheme: "light" }, async (page) => {
  await page.locator("#go-evaluate").click();
  await page.getByRole("button", { name: "With the examples" }).click();
  await page.locator(".outcome").waitFor();
  await page.locator(".bins").evaluate((bins) => bins.scrollIntoView());
});

await browser.close();
await site.stop();
