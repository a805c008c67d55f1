// The server as a program of its own, sent mail over loopback SMTP.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import nodemailer from "nodemailer";
import { createClassifier } from "tamis";

import { mail, names } from "../mail.mjs";
import { withoutVerdict } from "./message.js";
import { createServer } from "./server.js";

const HOST = "mx.example.test";
const JO = "jo@example.test";
const MO = "mo@example.test";
const root = mkdtempSync(join(tmpdir(), "tamis-smtp-"));
const folders = { inbox: "", junk: ".Junk" };

/** The files of a folder of a mailbox. */
const files = (user, folder) =>
  ["new", "cur"].flatMap((part) => {
    const path = join(root, user, folders[folder], part);
    return readdirSync(path).map((name) => join(path, name));
  });

/** The messages in a mailbox, which is empty then. */
const take = (user) =>
  Object.keys(folders).flatMap((folder) =>
    files(user, folder).map((path) => {
      const source = readFileSync(path);
      rmSync(path);
      const header = source.subarray(0, source.indexOf("\r\n\r\n")).toString("latin1");
      const field = (name) => new RegExp(`^${name}: (.*)`, "im").exec(header)?.[1];
      return { folder, source, field };
    }));

const program = fileURLToPath(new URL("main.js", import.meta.url));
const options = ["--root", root, "--host", HOST, "--listen", "127.0.0.1", "--port", "0", "--size", "20000000", "--no-lookup"];

/** Starts the program; its port, and how to end it. */
async function start(...more) {
  const child = spawn(process.execPath, [program, ...options, ...more, JO, MO], { stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  child.stderr.on("data", (data) => (printed += data));
  const port = await new Promise((resolve, reject) => {
    child.stdout.on("data", (data) => {
      printed += data;
      const found = /port (\d+)/.exec(printed);
      if (found) resolve(Number(found[1]));
    });
    child.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${printed}`)));
  });
  const stop = () =>
    new Promise((resolve) => {
      child.removeAllListeners("exit");
      child.on("exit", (code) => resolve({ code, printed }));
      child.kill("SIGTERM");
    });
  return { port, stop };
}

let server, transport, local;

const via = (port, more) => nodemailer.createTransport({ host: "127.0.0.1", port, ignoreTLS: true, name: "client.test", ...more });
const send = (raw, to = [JO], by = transport) => by.sendMail({ envelope: { from: "sender@client.test", to }, raw });

async function restart(...more) {
  transport?.close();
  const ended = await server?.stop();
  server = await start(...more);
  transport = via(server.port, { pool: true });
  return ended;
}

before(async () => {
  local = await createClassifier({ trust: { hosts: [HOST] } });
  await restart("--reject-from", "2");
});
beforeEach(() => [JO, MO].forEach(take));
after(async () => {
  transport?.close();
  await server?.stop();
  local?.free();
  rmSync(root, { recursive: true });
});

/** What was delivered carries the verdict that it gets when it is read again without it. */
function assertVerdict({ folder, source, field }, name) {
  const verdict = local.classifySync(withoutVerdict(source));
  assert.equal(field("X-Tamis-Class"), verdict.class, name);
  assert.equal(field("X-Tamis-Score"), verdict.logOdds.toFixed(3), name);
  assert.equal(field("X-Tamis-Probability"), verdict.probability.toFixed(4), name);
  assert.equal(folder, verdict.class === "spam" ? "junk" : "inbox", name);
}

describe("delivery", () => {
  test("every message arrives whole, once, with its verdict, in the folder of its class", async () => {
    for (const name of [...names("ham"), ...names("spam")]) {
      // SMTP's lines end with CRLF.
      const source = Buffer.from(mail(name).toString("latin1").replace(/\r?\n/g, "\r\n"), "latin1");
      await send(source);
      const delivered = take(JO);
      assert.equal(delivered.length, 1, name);
      assertVerdict(delivered[0], name);
      assert.ok(delivered[0].source.includes(source), name);
      assert.equal(delivered[0].field("Return-Path"), "<sender@client.test>");
      assert.match(delivered[0].field("Received"), /^from client\.test \(.*\[127\.0\.0\.1\]\)$/);
    }
  });

  test("damaged messages arrive too", async () => {
    for (const name of names("malformed")) {
      // A blank message is nothing that nodemailer sends.
      const source = mail(name);
      if (source.length === 0) continue;
      await send(source);
      const delivered = take(JO);
      assert.equal(delivered.length, 1, name);
      assertVerdict(delivered[0], name);
    }
  });

  test("8BITMIME and internationalized addresses", async () => {
    const source = Buffer.from("From: Zoë <zoë@client.test>\r\nSubject: Grüße\r\n\r\nÄöü 你好\r\n");
    await transport.sendMail({ envelope: { from: "zoë@client.test", to: [JO], use8BitMime: true }, raw: source });
    const [delivered] = take(JO);
    assert.ok(delivered.source.includes(source));
    assertVerdict(delivered);
  });

  test("a message of 12 MB arrives, one beyond the limit is refused", async () => {
    const long = (size) => Buffer.concat([mail("ham/reply.eml"), Buffer.alloc(size, "A line of an ordinary letter.\r\n")]);
    await send(long(12e6));
    const [delivered] = take(JO);
    assert.ok(delivered.source.length > 12e6);
    assertVerdict(delivered);
    await assert.rejects(send(long(21e6)), { responseCode: 552 });
    // It is refused as well if it is not announced.
    const answer = await talk(["EHLO client.test", "MAIL FROM:<a@client.test>", `RCPT TO:<${JO}>`, "DATA"], long(21e6));
    assert.match(answer, /^552 /m);
    assert.deepEqual(take(JO), []);
  });

  test("many sessions at the same time", async () => {
    const pool = via(server.port, { pool: true, maxConnections: 20 });
    const sources = [...names("ham"), ...names("spam")].map(mail);
    await Promise.all(Array.from({ length: 120 }, (_, i) => send(sources[i % sources.length], [JO, MO], pool)));
    pool.close();
    for (const user of [JO, MO]) {
      const delivered = take(user);
      assert.equal(delivered.length, 120);
      for (const message of delivered) assertVerdict(message);
    }
  });

  test("a verdict of somebody else is taken out", async () => {
    const forged = "X-Tamis-Class: ham\r\nSubject: Hello\r\nx-tamis-score: -99\r\n\tand more\r\nX-Other: kept\r\n\r\n" +
      "X-Tamis-Class: text\r\n";
    await send(forged);
    const [delivered] = take(JO);
    const text = delivered.source.toString();
    assert.equal(text.match(/^X-Tamis-Class/gim).length, 2);
    assert.doesNotMatch(text, /-99|and more/);
    assert.match(text, /^Subject: Hello\r\nX-Other: kept\r\n\r\nX-Tamis-Class: text\r\n/m);
    assertVerdict(delivered);
  });

  test("nobody else's mail is taken", async () => {
    await assert.rejects(send("Subject: x\r\n\r\nx", ["a/b@example.test"]), { responseCode: 550 });
    await assert.rejects(send("Subject: x\r\n\r\nx", ["jo@elsewhere.test"]), { responseCode: 550 });
  });

  test("STARTTLS is told in the Received field", async (t) => {
    t.mock.method(console, "error", () => {});
    const secure = await createServer({
      addresses: [JO], root, host: HOST, size: 1e6, rejectFrom: 2, learnEvery: 60, lookup: false,
      // The certificate that smtp-server has for tests, which it warns of.
      tls: {},
    });
    const { port } = await secure.listen(0, "127.0.0.1");
    const by = via(port, { ignoreTLS: false, requireTLS: true, tls: { rejectUnauthorized: false } });
    await send(mail("ham/reply.eml"), [JO], by);
    by.close();
    await secure.close();
    const [delivered] = take(JO);
    assert.match(delivered.source.toString("latin1"), /\tby mx\.example\.test with ESMTPS id \S+;/);
    assertVerdict(delivered);
  });
});

describe("corrections", () => {
  const counts = (user) => {
    const path = join(root, user, "tamis.counts");
    return existsSync(path) ? readFileSync(path) : Buffer.of();
  };

  /** Moves a user's only message to the other folder, as a mail client does, and waits until it is learned. */
  async function move(user, from, to) {
    const known = counts(user);
    const [path] = files(user, from);
    renameSync(path, join(root, user, folders[to], "cur", `${basename(path)}:2,S`));
    for (let tries = 0; counts(user).equals(known); tries++) {
      assert.ok(tries < 500, "it was not learned");
      await setTimeout(20);
    }
  }

  const foldersOf = (user) => take(user).map(({ folder }) => folder);

  test("mail moved into Junk and out of it is learned, for this user only, and across a restart", async () => {
    await restart("--reject-from", "2", "--learn-every", "0.1");
    const sources = [mail("ham/invitation.eml"), mail("spam/pharmacy.eml")];
    const moved = [];
    for (const source of sources) {
      await send(source, [JO, MO]);
      const [from, to] = files(JO, "inbox").length ? ["inbox", "junk"] : ["junk", "inbox"];
      await move(JO, from, to);
      moved.push(to);
      take(JO);
      assert.deepEqual(foldersOf(MO), [from]);
      await send(source, [JO, MO]);
      assert.deepEqual([foldersOf(JO), foldersOf(MO)], [[to], [from]]);
    }
    const { code, printed } = await restart("--reject-from", "2");
    assert.equal(code, 0);
    assert.match(printed, /^listening on .*\n$/);
    local.importPersonal(counts(JO));
    assert.equal(local.personal().ham + local.personal().spam, 2);
    for (const [i, source] of sources.entries()) {
      await send(source);
      const [delivered] = take(JO);
      assert.equal(delivered.folder, moved[i]);
      assertVerdict(delivered);
    }
    local.clearPersonal();
  });

  test("clear spam is rejected, unless somebody it is for wants it", async () => {
    const source = mail("spam/replica-watches.eml");
    await restart("--reject-from", "2", "--learn-every", "0.1");
    await send(source, [JO, MO]);
    // Jo says that it is spam, Mo that it is not: one of them contradicts the model.
    if (files(JO, "inbox").length) await move(JO, "inbox", "junk");
    if (files(MO, "junk").length) await move(MO, "junk", "inbox");
    [JO, MO].forEach(take);
    await restart("--reject-from", "0.5");
    await assert.rejects(send(source), { responseCode: 550, response: /looks like spam/ });
    assert.deepEqual(foldersOf(JO), []);
    await send(source, [JO, MO]);
    assert.deepEqual([foldersOf(JO), foldersOf(MO)], [["junk"], ["inbox"]]);
  });
});

test("wrong usage is told of", () => {
  const usage = (...args) => spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
  for (const [args, message] of [
    [[], /^no address to receive mail for\n\nUsage: /],
    [["--port", "smtp", JO], /^--port is a number\n/],
    [["--key", "tls.key", JO], /^--key and --cert go together\n/],
    [["--colour", JO], /^Unknown option '--colour'/],
  ]) {
    const { status, stderr } = usage(...args);
    assert.equal(status, 2);
    assert.match(stderr, message);
  }
  const { status, stdout } = usage("--help");
  assert.equal(status, 0);
  assert.match(stdout, /^Usage: /);
});

/** Speaks SMTP by hand; all that the server answered. */
function talk(commands, data) {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, "127.0.0.1");
    let answers = "";
    const left = [...commands, data, "QUIT"];
    socket.on("data", (chunk) => {
      answers += chunk;
      if (!/^\d{3} .*\r\n$/m.test(String(chunk))) return;
      const next = left.shift();
      if (next === data) {
        socket.write(data);
        socket.write("\r\n.\r\n");
      } else if (next) {
        socket.write(`${next}\r\n`);
      }
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(answers));
  });
}
