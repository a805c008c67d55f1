// What the tests of the page share: a browser and a server for each file of them.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { launch, open, start } from "./browser.mjs";

export const data = fileURLToPath(new URL("../../../tests/data/", import.meta.url));
export const scratch = mkdtempSync(join(tmpdir(), "tamis-page-"));
export let browser;
export let site;

before(async () => {
  [browser, site] = await Promise.all([launch(), start()]);
});

after(async () => {
  await browser?.close();
  await site?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

/** A test with a page of its own, which must not have logged an error at its end. */
export function onPage(name, options, body) {
  test(name, async (t) => {
    const page = await newPage(t, options);
    try {
      await body(page, t);
      assert.deepEqual(page.errors, []);
    } finally {
      await page.context().close();
    }
  });
}

/**
 * The page, ready. Where Chromium died before it was (it does, rarely, on a busy machine), it is opened in a new one:
 * what the page itself does wrong, it does there again.
 */
async function newPage(t, options) {
  try {
    return await open(browser, site.url, options);
  } catch (error) {
    if (!/has been closed|crashed/.test(error.message)) throw error;
    t.diagnostic(`a new browser, since: ${error.message.split("\n", 1)}`);
    await browser.close();
    browser = await launch();
    return open(browser, site.url, options);
  }
}

export const row = (page, subject) => page.locator(".message", { hasText: subject });
export const count = async (page, filter) => Number(await page.locator(`[data-filter=${filter}] .count`).textContent());
export const said = (page, text) => page.locator("#status", { hasText: text }).waitFor();

/** Log-odds as the list shows them, in its order. */
export async function allLogOdds(page) {
  const titles = await page.locator(".message").evaluateAll((rows) => rows.map((row) => row.title));
  return titles.map((title) => Number(title.match(/[+−]?[\d.]+$/)[0].replace("−", "-")));
}

/** Gives the file dialog that a button opens these files, or this folder. */
export async function choose(page, button, files) {
  const choosing = page.waitForEvent("filechooser");
  await button.click();
  await (await choosing).setFiles(files);
}

/** Drops files and folders as a file manager does. */
export async function drop(page, files, x, y) {
  const client = await page.context().newCDPSession(page);
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) await client.send("Input.dispatchDragEvent", { type, x, y, data });
}
