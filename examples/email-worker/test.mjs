// The worker as wrangler would deploy it, on workerd.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { Log, LogLevel, Miniflare } from "miniflare";
import { createClassifier } from "tamis";

import { mail, names } from "../mail.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const bundle = join(here, ".wrangler", "dist");
const damaged = `${bundle}-damaged`;
const trust = { authservIds: ["mx.cloudflare.net"] };
const compatibilityDate = "2026-04-01";

/** Collects what miniflare's email handler tells of a message. */
class Told extends Log {
  text = "";

  constructor() {
    super(LogLevel.INFO);
  }

  log(line) {
    this.text += `${line.replace(/\x1b\[[0-9;]*m/g, "")}\n`;
  }
}

const log = new Told();
const all = [...names("ham"), ...names("spam"), ...names("malformed"), ...names("rfc")];
const spam = mail("spam/pharmacy.eml");
const ham = mail("ham/reply.eml");
let miniflare, local;

/** What the worker wrote to its console. */
let written = "";

const options = (vars = {}, stores = {}, modulesRoot = bundle) => ({
  log,
  cf: false,
  handleRuntimeStdio: (out, errors) => [out, errors].forEach((stream) => stream.on("data", (data) => (written += data))),
  unsafeTriggerHandlers: true,
  workers: [
    {
      name: "carrier",
      compatibilityDate,
      modules: [{ type: "ESModule", path: join(here, "carrier.mjs") }],
      serviceBindings: { WORKER: "worker" },
    },
    {
      name: "worker",
      compatibilityDate,
      routes: ["worker.test/*"],
      modules: true,
      modulesRoot,
      scriptPath: join(modulesRoot, "worker.js"),
      modulesRules: [
        { type: "ESModule", include: ["**/*.js"] },
        { type: "CompiledWasm", include: ["**/*.wasm"] },
        { type: "Data", include: ["**/*.bin"] },
      ],
      bindings: { FORWARD_TO: "me@inbox.test", REJECT_FROM: "0.5", ...vars },
      ...stores,
    },
  ],
});

/** What the worker did with a message: `rejected`, the reason, or `forwarded`, to whom with which header fields. */
async function deliver(body) {
  const response = await miniflare.dispatchFetch("http://carrier.test/", { method: "POST", body });
  assert.equal(response.status, 200);
  const { rejected, forwarded } = await response.json();
  assert.equal(forwarded.length, rejected ? 0 : 1);
  return { rejected, forwarded: forwarded[0] };
}

async function assertAsInNode(source, name) {
  const verdict = local.classifySync(source);
  const { rejected, forwarded } = await deliver(source);
  if (verdict.class === "spam") {
    assert.match(rejected, /looks like spam/, name);
    return;
  }
  assert.equal(rejected, undefined, name);
  assert.equal(forwarded.to, "me@inbox.test");
  assert.equal(forwarded["x-tamis-class"], verdict.class, name);
  assert.equal(forwarded["x-tamis-score"], verdict.logOdds.toFixed(3), name);
  assert.equal(forwarded["x-tamis-probability"], verdict.probability.toFixed(4), name);
  assert.match(forwarded["x-tamis-evidence"], /^\S+=-?\d+\.\d\d(; \S+=-?\d+\.\d\d)*$/, name);
  assert.equal(forwarded["x-tamis-error"], undefined, name);
}

before(async () => {
  const wrangler = join(dirname(createRequire(import.meta.url).resolve("wrangler/package.json")), "bin", "wrangler.js");
  // What was bundled before has other names.
  for (const folder of [bundle, damaged]) rmSync(folder, { recursive: true, force: true });
  execFileSync(process.execPath, [wrangler, "deploy", "--dry-run", "--outdir", bundle], {
    cwd: here,
    env: { ...process.env, CI: "1", WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" },
    stdio: ["ignore", "ignore", "inherit"],
  });
  local = await createClassifier({ trust });
  miniflare = new Miniflare(options());
  await miniflare.ready;
});

after(async () => {
  await miniflare?.dispose();
  local?.free();
});

describe("without corrections", () => {
  test("every message, whatever its damage, gets the verdict that Node gives it", async () => {
    for (const name of all) await assertAsInNode(mail(name), name);
  });

  test("messages at the same time", async () => {
    await Promise.all(all.map((name) => assertAsInNode(mail(name), name)));
  });

  test("a message of 20 MB", async () => {
    await assertAsInNode(Buffer.concat([ham, Buffer.alloc(20e6, "A line of an ordinary letter.\r\n")]), "20 MB");
  });
});

test("mail comes through, marked, if the filter does not work", { timeout: 10_000 }, async () => {
  cpSync(bundle, damaged, { recursive: true });
  truncateSync(join(damaged, readdirSync(damaged).find((name) => name.endsWith(".bin"))), 1000);
  await miniflare.setOptions(options({}, {}, damaged));
  written = "";
  // The second one does not hang on the first one's failure.
  for (const source of [spam, ham]) {
    const { rejected, forwarded } = await deliver(source);
    assert.equal(rejected, undefined);
    assert.deepEqual(forwarded, { to: "me@inbox.test", "x-tamis-error": "model-corrupt" });
  }
  while (!written.includes("ModelError")) await setTimeout(10);
});

for (const [kind, stores, store] of [
  ["KV", { kvNamespaces: ["PERSONAL"] }, () => miniflare.getKVNamespace("PERSONAL", "worker")],
  ["R2", { r2Buckets: ["PERSONAL"] }, () => miniflare.getR2Bucket("PERSONAL", "worker")],
]) {
  describe(`with corrections in ${kind}`, () => {
    /** Starts the worker with these corrections. */
    async function start(vars, learned) {
      await miniflare.setOptions(options(vars, stores));
      const personal = await store();
      if (!learned) return personal.delete("personal");
      if (typeof learned === "string") return personal.put("personal", learned);
      const classifier = await createClassifier({ trust });
      for (const [source, label] of learned) await classifier.learn(source, label);
      await personal.put("personal", classifier.exportPersonal());
      classifier.free();
    }

    test("there are none yet", async () => {
      await start();
      await assertAsInNode(ham, "ham");
      await assertAsInNode(spam, "spam");
    });

    // Both ways, since one of them contradicts the model.
    for (const [wanted, unwanted] of [[ham, spam], [spam, ham]]) {
      test("what was learned as spam is rejected, what was learned as ham comes through", async () => {
        await start({}, [[wanted, "ham"], [unwanted, "spam"]]);
        assert.match((await deliver(unwanted)).rejected, /looks like spam/);
        assert.equal((await deliver(wanted)).forwarded["x-tamis-class"], "ham");
      });
    }

    test("spam that is not clear goes to the junk address, marked", async () => {
      await start({ REJECT_FROM: "1.1", JUNK_TO: "junk@inbox.test" }, [[spam, "spam"], [ham, "ham"]]);
      const { forwarded } = await deliver(spam);
      assert.equal(forwarded.to, "junk@inbox.test");
      assert.equal(forwarded["x-tamis-class"], "spam");
      assert.equal((await deliver(ham)).forwarded.to, "me@inbox.test");
    });

    test("the word of Cloudflare's server counts, and nobody else's", async () => {
      const said = (by) => Buffer.concat([Buffer.from(`Authentication-Results: ${by}; dkim=pass; dmarc=pass\r\n`), ham]);
      await start({ REJECT_FROM: "1.1" }, [[said("mx.cloudflare.net"), "ham"]]);
      const [believed, not] = [await deliver(said("mx.cloudflare.net")), await deliver(said("mx.liar.test"))];
      assert.notEqual(believed.forwarded["x-tamis-score"], not.forwarded["x-tamis-score"]);
    });

    test("damaged ones are told of, and the model goes on", { timeout: 10_000 }, async () => {
      await start({ REJECT_FROM: "1.1" }, "these are no counts");
      written = "";
      const { forwarded } = await deliver(ham);
      assert.equal(forwarded["x-tamis-error"], "counts-corrupt");
      assert.equal(forwarded["x-tamis-class"], local.classifySync(ham).class);
      // The console's pipe may be later than the answer.
      while (!written.includes("not a readable counts file")) await setTimeout(10);
    });

    test("miniflare's own email handler", async () => {
      await start({}, [[spam, "spam"], [ham, "ham"]]);
      const receive = async (body) => {
        log.text = "";
        const query = new URLSearchParams({ from: "sender@example.org", to: "me@example.com" });
        const url = `http://worker.test/cdn-cgi/handler/email?${query}`;
        const response = await miniflare.dispatchFetch(url, { method: "POST", body });
        return [response.status, await response.text(), log.text];
      };
      const [rejected, reason] = await receive(spam);
      assert.equal(rejected, 400);
      assert.match(reason, /rejected email .* looks like spam/);
      const [processed, , told] = await receive(ham);
      assert.equal(processed, 200);
      assert.match(told, /Email handler forwarded message with\s+rcptTo: me@inbox\.test\s/);
      assert.match(told, /^\s+x-tamis-class: ham$/m);
      assert.match(told, /^\s+x-tamis-score: -?\d+\.\d{3}$/m);
    });
  });
}
