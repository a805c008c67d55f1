// The package as Node sees it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";

import {
  ArgumentError, Classifier, FreedError, LoadError, ModelError, PersonalError, TamisError, TrapError, createClassifier, version,
} from "tamis";
import { createClassifier as createSlim } from "tamis/slim";

import { limited } from "./limited.mjs";
import { www } from "./tools.mjs";

const wasm = readFileSync(join(www, "dist", "tamis.wasm"));
const model = readFileSync(join(www, "dist", "model", "default.bin"));

const SPAM =
  "From: Deals <win@prizes.example>\r\nTo: you@example.com\r\nSubject: You have won a million dollars!!!\r\n" +
  "Date: Tue, 1 Oct 2024 10:00:00 +0000\r\n\r\nDear winner, click http://prizes.example/claim?id=7 now to claim your cash.\r\n";
const HAM =
  "From: Ann <ann@example.org>\r\nTo: bob@example.org\r\nSubject: Re: kernel patch review\r\n" +
  "Date: Wed, 2 Oct 2024 09:00:00 +0200\r\nMessage-ID: <1@example.org>\r\n\r\nI applied the patch and the tests pass.\r\n";
const bytes = (text) => new TextEncoder().encode(text);

test("a verdict is the same whatever the message comes in", async () => {
  const classifier = await createClassifier();
  const expected = classifier.classifySync(SPAM, { explain: 5 });
  assert.equal(expected.evidence.length, 5);
  const raw = bytes(SPAM);
  const padded = new Uint8Array([0, ...raw, 0]);
  const halves = () => new ReadableStream({
    start(controller) {
      controller.enqueue(raw.subarray(0, 40));
      controller.enqueue(raw.subarray(40));
      controller.close();
    },
  });
  for (const message of [
    SPAM, raw, raw.buffer, Buffer.from(raw), padded.subarray(1, -1), new DataView(padded.buffer, 1, raw.length),
    new Blob([raw]), new File([raw], "x.eml"), halves(), Readable.from([Buffer.from(raw.subarray(0, 7)), Buffer.from(raw.subarray(7))]),
  ]) {
    assert.deepEqual(await classifier.classify(message, { explain: 5 }), expected);
  }
});

test("a verdict has the fields that its types promise, and evidence only if asked", async () => {
  const classifier = await createClassifier();
  const verdict = await classifier.classify(SPAM);
  assert.deepEqual(Object.keys(verdict), ["class", "probability", "logOdds"]);
  assert.ok(["ham", "unsure", "spam"].includes(verdict.class));
  assert.ok(Math.abs(verdict.probability - 1 / (1 + Math.exp(-verdict.logOdds))) < 1e-12);
  const explained = await classifier.classify(SPAM, { explain: 1e9 });
  const sum = explained.evidence.reduce((sum, { pull }) => sum + pull, 0);
  assert.ok(explained.evidence.every(({ pull }, i, all) => i === 0 || Math.abs(pull) <= Math.abs(all[i - 1].pull)));
  assert.ok(Number.isFinite(sum));
  assert.match(version, /^\d+\.\d+\.\d+$/);
  assert.equal(classifier.version, version);
  assert.equal(classifier.model.bytes, model.length);
  assert.ok(classifier.model.features > 1000 && classifier.model.thresholds.ham < classifier.model.thresholds.spam);
});

test("what lies beyond the limit is not looked at, and not kept", async () => {
  const classifier = await createClassifier();
  const large = Buffer.concat([bytes(HAM), Buffer.alloc(10 << 20, "x y\n")]);
  const expected = classifier.classifySync(large, { explain: 1e6 });
  assert.ok(expected.evidence.length > 10);
  const chunks = function* () {
    for (let at = 0; at < large.length; at += 65_536) yield large.subarray(at, at + 65_536);
  };
  assert.deepEqual(await classifier.classify(Readable.from(chunks()), { explain: 1e6 }), expected);
  assert.deepEqual(await classifier.classify(new Blob([large]).stream(), { explain: 1e6 }), expected);
});

test("parsed fields give the verdict of the source", async () => {
  const classifier = await createClassifier();
  for (const source of [SPAM, HAM]) {
    const [head, text] = source.split("\r\n\r\n");
    const headers = head.split("\r\n").map((line) => line.split(/: (.*)/s).slice(0, 2));
    const expected = classifier.classifySync(source, { explain: 1000 });
    const forms = [
      headers,
      new Map(headers),
      Object.fromEntries(headers),
      Object.fromEntries(headers.map(([name, value]) => [name, [value]])),
      headers.map(([name, value]) => ({ name, value })),
      headers.map(([name, value]) => ({ key: name.toLowerCase(), originalKey: name, value })),
    ];
    for (const form of forms) {
      const verdict = classifier.classifyFields({ headers: form, text, size: source.length }, { explain: 1000 });
      assert.deepEqual(verdict, expected);
    }
    assert.equal(await classifier.digest({ headers, text, size: source.length }), await classifier.digest(source));
  }
  const html = classifier.classifyFields({ headers: { Subject: "x" }, html: "<p>hello</p>", text: null }, { explain: 1e3 });
  assert.ok(html.evidence.some(({ feature }) => feature === "body:hello"));
  const type = 'multipart/mixed; boundary="b"';
  const source =
    `Subject: x\nContent-Type: ${type}\n\n--b\nContent-Type: text/plain; charset=utf-8\n\nhello\n--b\n` +
    "Content-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf.exe\n\nx\n--b--\n";
  const attachments = [{ mimeType: "application/pdf", filename: "a.pdf.exe" }];
  const fields = { headers: { Subject: "x", "Content-Type": type }, text: "hello", attachments, size: source.length };
  assert.equal(await classifier.digest(fields), await classifier.digest(source));
});

test("corrections turn a verdict, move, are forgotten, exported, merged", async () => {
  const classifier = await createClassifier();
  const before = await classifier.classify(SPAM);
  const empty = classifier.exportPersonal();
  assert.deepEqual(await classifier.learn(SPAM, "ham").then(({ learned, class: called }) => [learned, called]), ["new", "ham"]);
  assert.equal((await classifier.learn(SPAM, "ham")).learned, "known");
  const ham = classifier.exportPersonal();
  const moved = await classifier.learn(SPAM, "spam");
  assert.deepEqual([moved.learned, moved.class], ["moved", "spam"]);
  assert.equal(classifier.personal().ham, 0);
  assert.equal(await classifier.forget(SPAM), true);
  assert.equal(await classifier.forget(SPAM), false);
  assert.deepEqual(await classifier.classify(SPAM), before);
  assert.deepEqual(classifier.exportPersonal(), empty);

  const tiny = "Subject: q\n\nzz";
  assert.ok((await classifier.learn(tiny, "ham")).times > 1);
  assert.equal(classifier.personal().ham, 1);
  await classifier.forget(tiny);

  classifier.importPersonal(ham);
  assert.equal((await classifier.classify(SPAM)).class, "ham");
  const other = await createClassifier({ personal: ham });
  await other.learn(HAM, "spam");
  await classifier.learn("Subject: third\n\nmessage", "ham");
  const both = other.exportPersonal();
  classifier.mergePersonal(both, ham);
  // What both had from the start counts once; and what each learned can be forgotten, exactly.
  assert.equal((await classifier.classify(HAM)).class, "spam");
  assert.equal(await classifier.forget(HAM), true);
  assert.equal(await classifier.forget("Subject: third\n\nmessage"), true);
  assert.deepEqual(classifier.exportPersonal(), ham);
  assert.throws(() => classifier.mergePersonal(empty, both.slice(0, 5)), PersonalError);
  classifier.clearPersonal();
  assert.deepEqual(classifier.personal(), { ham: 0, spam: 0, features: 0 });
  assert.throws(() => classifier.mergePersonal(empty, both), { name: "PersonalError", code: "counts-mismatch" });
});

test("the corrections know what a message was learned as", async () => {
  const classifier = await createClassifier();
  assert.equal(await classifier.labelOf(SPAM), undefined);
  await classifier.learn(SPAM, "ham");
  assert.equal(await classifier.labelOf(SPAM), "ham");
  assert.equal(await classifier.labelOf(HAM), undefined);
  const once = classifier.exportPersonal();
  const later = await createClassifier({ personal: once });
  assert.equal(await later.labelOf(new Blob([SPAM])), "ham");
  await classifier.learn(SPAM, "spam");
  assert.equal(await classifier.labelOf(SPAM), "spam");
  await classifier.forget(SPAM);
  assert.equal(await classifier.labelOf(SPAM), undefined);

  // Under both labels: the one that counts more, and ham where neither does.
  const [ham, spam, both] = [await createClassifier(), await createClassifier(), await createClassifier()];
  const times = { ham: (await ham.learn(SPAM, "ham")).times, spam: (await spam.learn(SPAM, "spam")).times };
  for (let i = 0; i < times.spam; i++) both.mergePersonal(ham.exportPersonal());
  for (let i = 0; i < times.ham; i++) both.mergePersonal(spam.exportPersonal());
  assert.deepEqual([both.personal().ham, both.personal().spam], [1, 1]);
  assert.equal(await both.labelOf(SPAM), "ham");
  both.mergePersonal(spam.exportPersonal());
  assert.equal(await both.labelOf(SPAM), "spam");
  for (let i = 0; i <= times.spam; i++) both.mergePersonal(ham.exportPersonal());
  assert.equal(await both.labelOf(SPAM), "ham");
});

test("only trusted servers are believed", async () => {
  const raw = "Authentication-Results: mx.example.com; dkim=fail\nReceived: from a by mx.example.com with ESMTPS\nSubject: x\n\nx";
  const classifier = await createClassifier();
  const alone = await classifier.digest(raw);
  classifier.trust({ authservIds: ["mx.example.com"] });
  const trusting = await classifier.digest(raw);
  assert.notEqual(trusting, alone);
  const same = await createClassifier({ trust: { authservIds: new Set(["mx.example.com"]) } });
  assert.equal(await same.digest(raw), trusting);
  classifier.trust({ authservIds: ["mx.example.com"], hosts: [".example.com"] });
  assert.notEqual(await classifier.digest(raw), trusting);
  classifier.trust({});
  assert.equal(await classifier.digest(raw), alone);
});

test("slim takes module and model from its caller", async () => {
  const compiled = await WebAssembly.compile(wasm);
  for (const options of [
    { wasm: compiled, model },
    { wasm, model: model.buffer.slice(model.byteOffset, model.byteOffset + model.length) },
    { wasm: new Response(wasm), model: new Blob([model]) },
    { wasm: `data:application/wasm;base64,${wasm.toString("base64")}`, model: new URL(`data:;base64,${model.toString("base64")}`) },
  ]) {
    const classifier = await createSlim(options);
    assert.equal(classifier.model.bytes, model.length);
  }
  await assert.rejects(createSlim({ wasm }), ArgumentError);
  await assert.rejects(createSlim(), ArgumentError);
  const exported = await import("tamis/package.json", { with: { type: "json" } });
  assert.equal(exported.default.version, version);
  assert.ok(import.meta.resolve("tamis/tamis.wasm").endsWith(".wasm"));
  assert.ok(import.meta.resolve("tamis/model/default.bin").endsWith("/dist/model/default.bin"));
});

test("errors are Errors with a code", async () => {
  const locked = new Blob(["text"]).stream();
  locked.getReader();
  const transferred = new ArrayBuffer(8);
  structuredClone(transferred, { transfer: [transferred] });
  const classifier = await createClassifier();
  const damaged = Buffer.from(model);
  damaged[model.length >> 1] ^= 1;
  const other = Buffer.from(model);
  other[8] = 77;
  for (const [attempt, Kind, code] of [
    [() => classifier.classify(5), ArgumentError, "argument"],
    [() => classifier.classify(null), ArgumentError, "argument"],
    [() => classifier.classify({}), ArgumentError, "argument"],
    [() => classifier.classify(locked), ArgumentError, "argument"],
    [() => classifier.classify(transferred), ArgumentError, "argument"],
    [() => classifier.classify(Readable.from(["text"])), ArgumentError, "argument"],
    [() => classifier.classify(SPAM, { explain: -1 }), ArgumentError, "argument"],
    [() => classifier.classify(SPAM, { explain: 1.5 }), ArgumentError, "argument"],
    [() => classifier.classifySync(new Blob([SPAM])), ArgumentError, "argument"],
    [() => classifier.classifyFields({ headers: null }), ArgumentError, "argument"],
    [() => classifier.classifyFields({ headers: [{ name: 1, value: "x" }] }), ArgumentError, "argument"],
    [() => classifier.classifyFields({ headers: {}, text: 5 }), ArgumentError, "argument"],
    [() => classifier.classifyFields({ headers: {}, size: -1 }), ArgumentError, "argument"],
    [() => classifier.learn(SPAM, "junk"), ArgumentError, "argument"],
    [() => classifier.classifyFields({ headers: {}, attachments: 5 }), ArgumentError, "argument"],
    [() => classifier.classifyFields({ headers: {}, attachments: [null] }), ArgumentError, "argument"],
    [() => classifier.classifyFields({ headers: {}, attachments: [{ name: 5 }] }), ArgumentError, "argument"],
    [() => classifier.trust({ hosts: [5] }), ArgumentError, "argument"],
    [() => classifier.trust({ hosts: 5 }), ArgumentError, "argument"],
    [() => classifier.trust(null), ArgumentError, "argument"],
    [() => createClassifier(null), ArgumentError, "argument"],
    [() => classifier.importPersonal("x"), ArgumentError, "argument"],
    [() => new Classifier(), ArgumentError, "argument"],
    [() => classifier.importPersonal(new Uint8Array(9)), PersonalError, "counts-corrupt"],
    [() => createClassifier({ model: damaged }), ModelError, "model-corrupt"],
    [() => createClassifier({ model: other }), ModelError, "model-version"],
    [() => createClassifier({ model: new Uint8Array() }), ModelError, "model-corrupt"],
    [() => createClassifier({ model: "/no/such/file" }), LoadError, "load"],
    [() => createClassifier({ wasm: new Uint8Array(9) }), LoadError, "load"],
    [() => createClassifier({ wasm: new Response("", { status: 404 }) }), LoadError, "load"],
    [() => createClassifier({ personal: new Uint8Array(3) }), PersonalError, "counts-corrupt"],
  ]) {
    await assert.rejects(async () => attempt(), (error) => {
      assert.ok(error instanceof Kind && error instanceof TamisError && error instanceof Error, `${attempt}: ${error.stack}`);
      assert.equal(error.code, code);
      assert.equal(error.name, Kind.name);
      assert.ok(error.message.length > 10);
      if (code.endsWith("corrupt")) assert.ok(Number.isInteger(error.offset));
      return true;
    });
  }
  assert.equal(typeof (await classifier.classify(SPAM)).probability, "number");
  classifier.free();
  classifier[Symbol.dispose]();
  await assert.rejects(classifier.classify(SPAM), FreedError);
  assert.throws(() => classifier.exportPersonal(), { name: "FreedError", code: "freed" });
});

test("an engine that traps while it reads is replaced, with its corrections and trust", async () => {
  // 4 MiB of message do not fit in its memory.
  const classifier = await createClassifier({ wasm: limited(wasm, 45), trust: { hosts: ["mx.example.com"] } });
  await classifier.learn(SPAM, "ham");
  const [before, personal, digest] = [await classifier.classify(SPAM, { explain: 9 }), classifier.personal(), await classifier.digest(HAM)];
  for (let i = 0; i < 3; i++) {
    await assert.rejects(classifier.classify(Buffer.alloc(4 << 20, "a b\n")), (error) => {
      assert.ok(error instanceof TrapError && error.code === "trap" && error.cause !== undefined);
      return true;
    });
    assert.deepEqual(await classifier.classify(SPAM, { explain: 9 }), before);
    assert.deepEqual(classifier.personal(), personal);
    assert.equal(await classifier.digest(HAM), digest);
  }
});

test("an engine that traps while it learns says what is lost, once", async () => {
  const classifier = await createClassifier({ wasm: limited(wasm, 45) });
  await classifier.learn(SPAM, "ham");
  const exported = classifier.exportPersonal();
  let trap;
  for (let i = 0; !trap && i < 20_000; i++) {
    const words = Array.from({ length: 300 }, (_, n) => `w${(i * 300 + n).toString(36)}x`).join(" ");
    await classifier.learn(`Subject: ${i}\n\n${words}`, "spam").catch((error) => (trap = error));
  }
  assert.equal(trap?.code, "trap");
  assert.throws(() => classifier.personal(), { name: "PersonalError", code: "counts-lost" });
  assert.deepEqual(classifier.exportPersonal(), exported);
  assert.equal((await classifier.classify(SPAM)).class, "ham");
});

test("an exhausted stack of the host does not break a classifier", async () => {
  const classifier = await createClassifier();
  const expected = classifier.classifySync(SPAM);
  let failures = 0;
  const dive = () => {
    try {
      dive();
    } catch {
      // The deepest call that there is room for.
    }
    try {
      assert.deepEqual(classifier.classifySync(SPAM), expected);
    } catch (error) {
      if (error.code === "ERR_ASSERTION") throw error;
      failures++;
    }
  };
  dive();
  assert.ok(failures > 0);
  assert.deepEqual(classifier.classifySync(SPAM), expected);
});

test("nothing leaks", async () => {
  const classifier = await createClassifier();
  const attachments = [{ type: "a/b", name: "c" }];
  const round = async (rounds) => {
    for (let i = 0; i < rounds; i++) {
      classifier.classifySync("Subject: a\n\nb");
      classifier.classifySync("Subject: é\n\nb", { explain: 3 });
      classifier.classifyFields({ headers: [["a", "b"]], text: "c", attachments });
      if (i % 16 === 0) {
        await classifier.learn("Subject: a\n\nb", i % 32 ? "ham" : "spam");
        classifier.importPersonal(classifier.exportPersonal());
        classifier.trust({ hosts: ["a"] });
        assert.throws(() => classifier.importPersonal(new Uint8Array(3)));
      }
    }
    globalThis.gc?.();
    return process.memoryUsage.rss();
  };
  const start = await round(5_000);
  // More than a million calls.
  const end = await round(340_000);
  assert.ok(end - start < 16 << 20, `${start} ${end}`);
});

test("freed classifiers give their memory back", async () => {
  const compiled = await WebAssembly.compile(wasm);
  // Held, so that only `free` can give it back.
  const held = [];
  const many = async (count) => {
    for (let i = 0; i < count; i++) held.push(await createClassifier({ wasm: compiled, model }));
    for (const classifier of held) classifier.free();
    // What an instance holds goes in steps, some of them beside this thread.
    for (let i = 0; i < 3; i++) {
      globalThis.gc?.();
      await setTimeout(50);
    }
    return process.memoryUsage.rss();
  };
  const start = await many(50);
  const end = await many(500);
  assert.ok(end - start < 100 << 20, `${start} ${end}`);
});
