// The classifier in a worker thread.

import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { Worker } from "node:worker_threads";

import { createClassifier } from "tamis";
import { FreedError, LoadError, ModelError, PersonalError, createWorkerClassifier, version } from "tamis/worker";

const MAIL = "From: a@b.example\nSubject: free money\n\nCall now: http://x.example/\n";

test("a worker answers as the classifier does", async (t) => {
  const here = await createClassifier();
  const there = await createWorkerClassifier({ trust: { hosts: new Set(["a"]) } });
  t.after(() => there.free());
  assert.deepEqual(there.model, here.model);
  assert.equal(there.version, version);
  const fields = { headers: new Map([["Subject", "free money"]]), html: "<b>x", attachments: [{ filename: "a.exe" }] };
  for (const message of [MAIL, new TextEncoder().encode(MAIL), new Blob([MAIL]), Readable.from([Buffer.from(MAIL)]), fields]) {
    const expected = await here.classify(message instanceof Readable ? MAIL : message, { explain: 9 });
    assert.deepEqual(await there.classify(message, { explain: 9 }), expected);
  }
  assert.deepEqual(await there.classifyFields(fields, { explain: 2 }), here.classifyFields(fields, { explain: 2 }));
  assert.equal(await there.digest(MAIL), await here.digest(MAIL));
  assert.deepEqual(await there.learn(MAIL, "ham"), await here.learn(MAIL, "ham"));
  assert.equal(await there.labelOf(MAIL), "ham");
  assert.equal(await there.labelOf(fields), undefined);
  assert.deepEqual(await there.personal(), here.personal());
  const exported = await there.exportPersonal();
  assert.deepEqual(exported, here.exportPersonal());
  await there.clearPersonal();
  await there.importPersonal(exported);
  await there.mergePersonal(exported, exported);
  assert.deepEqual(await there.exportPersonal(), exported);
  assert.equal(await there.forget(MAIL), true);
  await there.trust({});
  there.free();
  here.free();
});

test("of a message within a larger buffer, the message alone is sent", async (t) => {
  const sent = [];
  const worker = () => {
    const thread = new Worker(new URL("../src/worker-thread-node.js", import.meta.url));
    const { postMessage } = thread;
    thread.postMessage = (call) => {
      sent.push(call);
      postMessage.call(thread, call);
    };
    return thread;
  };
  const classifier = await createWorkerClassifier({ worker });
  t.after(() => classifier.free());
  const mbox = new Uint8Array(1 << 20);
  mbox.set(new TextEncoder().encode(MAIL));
  const expected = await classifier.classify(MAIL);
  assert.deepEqual(await classifier.classify(mbox.subarray(0, MAIL.length)), expected);
  assert.equal(sent.at(-1).args[0].start.buffer.byteLength, MAIL.length);
});

test("a worker's errors are those of the classifier", async (t) => {
  await assert.rejects(createWorkerClassifier({ model: new Uint8Array(3) }), (error) => {
    assert.ok(error instanceof ModelError && error.code === "model-corrupt" && error.offset === 0);
    return true;
  });
  await assert.rejects(createWorkerClassifier({ model: "/no/such/file" }), (error) => error instanceof LoadError && /ENOENT/.test(error.cause));
  await assert.rejects(createWorkerClassifier({ model: new Response("", { status: 404 }) }), LoadError);
  const classifier = await createWorkerClassifier();
  t.after(() => classifier.free());
  await assert.rejects(classifier.trust(null), { name: "ArgumentError" });
  await assert.rejects(classifier.importPersonal(new Uint8Array(3)), PersonalError);
  await assert.rejects(classifier.learn(MAIL, "junk"), { name: "ArgumentError" });
  const waiting = classifier.classify(MAIL);
  classifier.free();
  await assert.rejects(waiting, FreedError);
  await assert.rejects(classifier.classify(MAIL), FreedError);
});
