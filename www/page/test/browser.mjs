// The page in a real Chromium, from a server of its own.

import { chromium } from "playwright-core";

import { ensureChromium } from "../ensure.mjs";
import { dist } from "../build.mjs";
import { serve } from "../serve.mjs";

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export const launch = () => chromium.launch({ executablePath: ensureChromium(), args: FLAGS });

/** A server of the built page: `requests` are all that it was asked. */
export async function start() {
  const requests = [];
  const server = await serve(dist, { seen: ({ url }) => requests.push(url) });
  const stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://localhost:${server.address().port}/`, requests, stop };
}

/** A page in a new profile, loaded and ready. `errors` are what it logged as such. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ locale: "en-US", viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.errors = [];
  page.on("pageerror", (error) => page.errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && page.errors.push(message.text()));
  await page.goto(url);
  await ready(page);
  return page;
}

export const ready = (page) => page.locator("body[data-ready]").waitFor({ state: "attached" });

/** Opens the examples and waits until all of them are judged. */
export async function openExamples(page) {
  await page.getByRole("button", { name: /^(Try the examples|试试示例)$/ }).click();
  await page.locator("#progress").waitFor({ state: "hidden" });
  await page.locator(".reading .verdict").waitFor();
}
