// The modules that need no browser.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import en from "../src/en.js";
import { segmentsOf } from "../src/highlight.js";
import { textOfHtml } from "../src/html-text.js";
import { labelOfPath, readIndex, takeLabel } from "../src/labels.js";
import { letterOf, summaryOf } from "../src/letter.js";
import { isMbox, splitMbox, unquote } from "../src/mbox.js";
import { figuresOf, histogramOf, rocOf } from "../src/metrics.js";
import { messagesOf } from "../src/sources.js";
import zh from "../src/zh.js";

const data = new URL("../../../tests/data/", import.meta.url);
const encode = (text) => new TextEncoder().encode(text);
const decode = (bytes) => new TextDecoder().decode(bytes);

async function split(text) {
  const parts = [];
  for await (const part of splitMbox(new Blob([text]))) parts.push(decode(unquote(new Uint8Array(await part.arrayBuffer()))));
  return parts;
}

test("an mbox is split at separators only", async () => {
  const [first, second] = ["From a@b Thu Aug 22 12:36:23 2002\n", "From c@d Thu Aug 22 12:36:23 2002\n"];
  assert.deepEqual(await split(`${first}A: 1\n\nFrom here on\n\n>From x\n\n>>From y\n> From z\n\n${second}B: 2\n\n`), [
    `${first}A: 1\n\nFrom here on\n\nFrom x\n\n>From y\n> From z\n\n`,
    `${second}B: 2\n\n`,
  ]);
  assert.ok(await isMbox(new Blob([first])));
  assert.ok(!(await isMbox(new Blob(["From: a\n\nFrom a@b Thu Aug 22 12:36:23 2002\n"]))));
});

test("an mbox larger than what is read at once loses nothing", async () => {
  const message = (i) => `From a@b Thu Aug 22 12:36:23 2002\nSubject: ${i}\n\n${"line of text\n".repeat(1000)}\n`;
  const messages = Array.from({ length: 700 }, (_, i) => message(i));
  assert.deepEqual(await split(messages.join("")), messages);
  assert.deepEqual(await split(messages.join("").replaceAll("\n", "\r\n")), messages.map((text) => text.replaceAll("\n", "\r\n")));
});

test("files become messages: mboxes, compressed ones, and none that are no mail", async () => {
  const mbox = "From a@b Thu Aug 22 12:36:23 2002\nA: 1\n\n>From x\n\nFrom a@b Thu Aug 22 12:36:23 2002\nA: 2\n";
  const files = [["box.gz", gzipSync(mbox)], ["a.eml", "A: 3\n\n>From x\n"], ["a.png", "x"], ["empty", ""], ["b.gz", "not gzip"]]
    .map(([path, content]) => ({ path, file: new Blob([content]) }));
  const read = [];
  for await (const source of messagesOf(files)) {
    read.push([source.path, await source.bytes().then(decode, () => "unreadable")]);
  }
  assert.deepEqual(read, [
    ["box.gz#1", "From a@b Thu Aug 22 12:36:23 2002\nA: 1\n\nFrom x\n\n"],
    ["box.gz#2", "From a@b Thu Aug 22 12:36:23 2002\nA: 2\n"],
    ["a.eml", "A: 3\n\n>From x\n"],
    ["b.gz", "unreadable"],
  ]);
});

test("labels come from paths, indices and fields", () => {
  const paths = { "a/spam/1.eml": "spam", "ham.mbox": "ham", "spamassassin/easy_ham/7": "ham", "x/Junk.mbox": "spam", "mail/hamlet": undefined };
  for (const [path, label] of Object.entries(paths)) assert.equal(labelOfPath(path), label, path);
  assert.deepEqual([...readIndex("spam ../data/1\nham 2\n# no\n", "t/full")], [["t/data/1", "spam"], ["t/full/2", "ham"]]);

  const { label, bytes } = takeLabel(encode("A: 1\r\nX-Spam-Status: Yes,\r\n score=5\r\nX-Spam-Flag: YES\r\nB: ü\r\n\r\nX-Label: ham\r\n"));
  assert.equal(label, "spam");
  assert.equal(decode(bytes), "A: 1\r\nB: ü\r\n\r\nX-Label: ham\r\n");
  assert.equal(takeLabel(encode("X-Gmail-Labels: Inbox,Opened\n\n")).label, "ham");
  assert.equal(takeLabel(encode("Subject: X-Label: ham\n\n")).label, undefined);
});

test("figures of an evaluation, computed by hand", () => {
  const mail = (label, logOdds, name) => ({ label, logOdds, class: name });
  const judged = [mail("spam", 3, "spam"), mail("ham", 1, "unsure"), mail("spam", 1, "unsure"), mail("ham", -2, "ham")];
  // Of four pairs of a spam and a ham, none is the wrong way round and one is tied.
  const figures = figuresOf(judged);
  assert.equal(figures.roca, 12.5);
  assert.deepEqual([figures.sm01, figures.hm, figures.sm, figures.unsure], [50, 50, 0, 50]);
  // One of two and none of two, with half a message added: logits 0 and ln(1/5).
  assert.ok(Math.abs(figures.lam - 100 / (1 + Math.sqrt(5))) < 1e-9);
  assert.deepEqual(rocOf(judged).map(({ lost, caught }) => [lost, caught]), [[0, 0], [0, 0.5], [0.5, 1], [1, 1]]);
  assert.deepEqual(histogramOf([mail("ham", -99), mail("spam", 0.5)], 1), [{ from: -1, ham: 1, spam: 0 }, { from: 0, ham: 0, spam: 1 }]);
});

test("evidence is found where it comes from", () => {
  const found = (text, ...features) => segmentsOf(text, features.map((feature) => ({ feature, pull: 1 })))
    .filter(({ features }) => features.length).map(({ text }) => text);
  assert.deepEqual(found("Freedom is FREE, free!", "body:free"), ["FREE", "free"]);
  assert.deepEqual(found("within 24 hours", "body:within hours"), ["within 24 hours"]);
  assert.deepEqual(found("代开发票，代 开", "body:代开"), ["代开", "代 开"]);
  assert.deepEqual(found("FREE ｆｒｅｅ vi\u200Bagra", "body:free", "body:viagra", "body:caps=free"), ["FREE", "ｆｒｅｅ", "vi\u200Bagra"]);
  assert.deepEqual(found("V.I.A.G.R.A and V1AGRA", "body:joined=viagra", "body:skeleton=viagra"), ["V.I.A.G.R.A", "V1AGRA"]);
  assert.deepEqual(found("now!!! no! 1,234 at 10:30 for $2,500", "body:punct=!3", "body:number=n:4", "body:number=time"), ["!!!", "1,234", "10:30"]);
  assert.deepEqual(found("see http://a.b.example/pay?id=1 b.example", "url-host:*.b.example", "url-path:pay"), ["b.example", "pay"]);
  assert.deepEqual(found("Straße", "subject:strasse"), ["Straße"]);
});

test("segments add up what overlaps", () => {
  const evidence = [{ feature: "subject:your account", pull: 0.5 }, { feature: "subject:account", pull: -0.2 }];
  assert.deepEqual(segmentsOf("Your account now", evidence), [
    { text: "Your ", pull: 0.5, features: ["subject:your account"] },
    { text: "account", pull: 0.3, features: ["subject:your account", "subject:account"] },
    { text: " now", pull: 0, features: [] },
  ]);
});

// In quadratic time this would not end.
test("hostile text is searched in linear time", { timeout: 60_000 }, () => {
  const features = ["body:money=usd:1e3", "body:number=n:4", "body:phone=n:9", "body:random=hex:32", "body:a b", "body:punct=!8", "body:joined=aa",
    "body:skeleton=lil", "url-path:x", "body:(?=", "body:[", "body:\\", "body:punct=\\3"];
  const evidence = features.map((feature) => ({ feature, pull: 1 }));
  for (const text of ["1", "1.", "a ", "!", "(1", "http://", "a.", "$1", "|"]) {
    const segments = segmentsOf(text.repeat(100_000), evidence);
    assert.equal(segments.reduce((sum, segment) => sum + segment.text.length, 0), 100_000 * text.length);
  }
});

test("HTML becomes text, with what it hides and where it leads", () => {
  const runs = textOfHtml(
    `<head><title>no</title><style>no</style></head><p>One&amp;<b>two</b></p><script>no()</script>
     <p>three <span style="display: none">secret</span><a href="https://evil.example/">bank.example</a><img alt="logo" src="x">`, 1000);
  const seen = runs.filter(({ hidden }) => !hidden).map(({ text }) => text).join("");
  assert.equal(seen, "One&two\n\nthree bank.example ⟨https://evil.example/⟩[logo]");
  assert.deepEqual(runs.filter(({ hidden }) => hidden).map(({ text }) => text), ["secret"]);
  assert.equal(textOfHtml("<div>".repeat(50_000), 100).length, 0);
  assert.equal(textOfHtml("x".repeat(500), 100)[0].text.length, 100);
});

test("every message of the tests is shown, however damaged", async () => {
  for (const folder of readdirSync(data, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    for (const name of readdirSync(new URL(`${folder.name}/`, data))) {
      const bytes = new Uint8Array(readFileSync(new URL(`${folder.name}/${name}`, data)));
      const [summary, letter] = [await summaryOf(bytes), await letterOf(bytes)];
      assert.equal(summary.subject, letter.subject, name);
      assert.ok(Array.isArray(letter.parts) && Array.isArray(letter.headers), name);
    }
  }
  const chinese = await summaryOf(new Uint8Array(readFileSync(new URL("spam/chinese-invoice.eml", data))));
  assert.equal(chinese.subject, "代开各类发票，税率优惠");
});

test("both languages say the same things", () => {
  assert.deepEqual(Object.keys(zh), Object.keys(en));
  const names = (text) => [...String(text).matchAll(/(?<!\$)\{(\w+)\}/g)].map(([, name]) => name).sort();
  for (const key of Object.keys(en)) {
    if (typeof en[key] === "string" && typeof zh[key] === "string") assert.deepEqual(names(zh[key]), names(en[key]), key);
  }
});
