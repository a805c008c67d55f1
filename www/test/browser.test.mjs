// The package in Chromium, under the Content-Security-Policy that its documentation names.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ensureRuntimes, launch, serve } from "./tools.mjs";

const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'";
const MAIL = "From: a@b.example\nSubject: free money\n\nCall now: http://x.example/\n";

let server, browser;
before(async () => {
  ensureRuntimes();
  server = await serve({
    headers: { "content-security-policy": POLICY },
    extra: { "/page.html": "<!doctype html><script type=module src=/script.js></script>", "/script.js":
      'import * as tamis from "/src/browser.js"; import * as worker from "/src/worker.js"; import * as idb from "/src/idb.js";' +
      "Object.assign(globalThis, { tamis, worker, idb, ready: true });" },
  });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server?.close();
});

async function open(context) {
  const page = await (context ?? (await browser.newContext())).newPage();
  page.problems = [];
  page.on("console", (message) => message.type() === "error" && page.problems.push(message.text()));
  page.on("pageerror", (error) => page.problems.push(`${error}`));
  await page.goto(`${server.origin}/page.html`);
  await page.waitForFunction("globalThis.ready");
  return page;
}

test("page and worker give the same verdict, under the policy, and offline once loaded", async () => {
  const context = await browser.newContext();
  const page = await open(context);
  const [here, there] = await page.evaluate(async (mail) => {
    globalThis.here = await tamis.createClassifier();
    globalThis.there = await worker.createWorkerClassifier();
    const options = { explain: 9 };
    return [await here.classify(new Blob([mail]), options), await there.classify(new Blob([mail]).stream(), options)];
  }, MAIL);
  assert.deepEqual(there, here);
  assert.equal(here.evidence.length, 9);
  await context.setOffline(true);
  const offline = await page.evaluate(async (mail) => {
    const again = await tamis.createClassifier();
    return [await again.classify(mail, { explain: 9 }), await there.classify(mail, { explain: 9 })];
  }, MAIL);
  assert.deepEqual(offline, [here, here]);
  assert.deepEqual(page.problems, []);
  await context.close();
});

test("corrections are kept, and those of two tabs are merged", async () => {
  const context = await browser.newContext();
  const [first, second] = [await open(context), await open(context)];
  const start = async (page) =>
    page.evaluate(async () => {
      globalThis.classifier = await tamis.createClassifier();
      globalThis.store = await idb.openPersonal({ name: "account" });
      return store.restore(classifier);
    });
  assert.deepEqual([await start(first), await start(second)], [false, false]);
  const learn = (page, mail) =>
    page.evaluate(async (mail) => {
      await classifier.learn(mail, "ham");
      await store.save(classifier);
      return classifier.personal().ham > 0;
    }, mail);
  assert.ok(await learn(first, MAIL));
  assert.ok(await learn(second, "Subject: other\n\nmessage"));
  assert.ok(await learn(first, "Subject: third\n\nletter"));
  const third = await open(context);
  assert.equal(await start(third), true);
  const forgotten = await third.evaluate(async (mails) => {
    const result = [];
    for (const mail of mails) result.push(await classifier.forget(mail));
    return [...result, classifier.personal().features];
  }, [MAIL, "Subject: other\n\nmessage", "Subject: third\n\nletter"]);
  assert.deepEqual(forgotten, [true, true, true, 0]);
  assert.equal(await third.evaluate(async () => (await store.delete(), (await store.load()) === undefined)), true);
  assert.deepEqual([...first.problems, ...second.problems, ...third.problems], []);
  await context.close();
});

test("two tabs that take the same correction back can both store what they have", async () => {
  const context = await browser.newContext();
  const tabs = [await open(context), await open(context)];
  const run = (tab, work) => tab.evaluate(work, MAIL);
  const start = async () => {
    globalThis.classifier = await tamis.createClassifier();
    globalThis.store = await idb.openPersonal({ name: "moved" });
    return store.restore(classifier);
  };
  await run(tabs[0], start);
  await run(tabs[0], async (mail) => {
    await classifier.learn(mail, "ham");
    await store.save(classifier);
  });
  await run(tabs[1], start);
  for (const [i, tab] of tabs.entries()) {
    await tab.evaluate(async ([mail, own]) => {
      await classifier.learn(mail, "spam");
      await classifier.learn(own, "spam");
      await store.save(classifier);
    }, [MAIL, `Subject: of tab ${i}\n\nletter`]);
  }
  const learned = await run(tabs[1], async (mail) => {
    await classifier.learn("Subject: later\n\nletter", "ham");
    await store.save(classifier);
    classifier.importPersonal(await store.load());
    const { ham, spam } = classifier.personal();
    return { ham, spam };
  });
  assert.deepEqual(learned, { ham: 1, spam: 3 });
  await context.close();
});

test("where nothing can be stored, it says so", async () => {
  const page = await open();
  const code = await page.evaluate(async () => {
    const { openPersonal } = idb;
    const { open } = indexedDB;
    // As in a sandboxed frame.
    indexedDB.open = () => {
      throw new DOMException("access is denied in this context", "SecurityError");
    };
    try {
      return await openPersonal().then(() => "none", (error) => error.code);
    } finally {
      indexedDB.open = open;
    }
  });
  assert.equal(code, "storage");
});

test("what cannot be fetched is a LoadError", async () => {
  const page = await open();
  const codes = await page.evaluate(async () => {
    const code = (promise) => promise.then(() => "none", (error) => error.code);
    return [
      await code(tamis.createClassifier({ model: "/no/model.bin" })),
      await code(worker.createWorkerClassifier({ model: "/no/model.bin" })),
      await code(worker.createWorkerClassifier({ worker: () => new Worker("/no/worker.js", { type: "module" }) })),
    ];
  });
  assert.deepEqual(codes, ["load", "load", "load"]);
});
