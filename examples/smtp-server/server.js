// An SMTP server that classifies each message while its sender waits for the answer.

import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { SMTPServer } from "smtp-server";

import { Mailbox } from "./mailbox.js";
import { traced, withVerdict } from "./message.js";

/**
 * Makes a server that receives mail for `addresses` into Maildirs under `root`. `listen` and `close` start
 * and end it.
 */
export async function createServer({ addresses, root, host, size, rejectFrom, learnEvery, tls, lookup = true }) {
  const boxes = new Map();
  for (const address of addresses) {
    boxes.set(address.toLowerCase(), await Mailbox.open(join(root, directory(address)), host));
  }

  const server = new SMTPServer({
    name: host,
    banner: "tamis example",
    size,
    rejectOversized: true,
    authOptional: true,
    disabledCommands: tls ? ["AUTH"] : ["AUTH", "STARTTLS"],
    disableReverseLookup: !lookup,
    ...tls,
    onRcptTo({ address }, session, callback) {
      callback(boxes.has(address.toLowerCase()) ? null : refusal(550, "5.1.1 No such mailbox"));
    },
    onData(stream, session, callback) {
      receive(stream, session).then((answer) => callback(null, answer), callback);
    },
  });

  async function receive(stream, session) {
    const chunks = [];
    // Beyond the limit nothing is kept; the server says so to the sender.
    for await (const chunk of stream) if (!stream.sizeExceeded) chunks.push(chunk);
    if (stream.sizeExceeded) return;

    const message = traced(Buffer.concat(chunks), session, host);
    const recipients = new Set(session.envelope.rcptTo.map(({ address }) => address.toLowerCase()));
    const deliveries = [];
    for (const address of recipients) {
      const box = boxes.get(address);
      deliveries.push({ box, verdict: await box.classifier.classify(message, { explain: 5 }) });
    }
    // One answer stands for all recipients: so all must agree.
    if (deliveries.every(({ verdict }) => verdict.class === "spam" && verdict.probability >= rejectFrom)) {
      throw refusal(550, "5.7.1 This message looks like spam");
    }
    try {
      for (const { box, verdict } of deliveries) {
        await box.deliver(withVerdict(message, verdict), verdict.class === "spam");
      }
    } catch (error) {
      console.error(error);
      throw refusal(451, "4.3.0 The message cannot be stored now");
    }
    return `2.0.0 ${session.id}`;
  }

  async function learn() {
    for (const [address, box] of boxes) {
      await box.learn().catch((error) => console.error(`${address}: ${error.message}`));
    }
  }

  const ended = new AbortController();
  let learning;

  async function keepLearning() {
    while (!ended.signal.aborted) {
      await learn();
      await setTimeout(learnEvery * 1000, undefined, { signal: ended.signal }).catch(() => {});
    }
  }

  return {
    listen: (port, address) =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, address, () => {
          server.off("error", reject);
          // From now on it is some client's connection.
          server.on("error", () => {});
          learning = keepLearning();
          resolve(server.server.address());
        });
      }),
    close: async () => {
      ended.abort();
      await new Promise((resolve) => server.close(resolve));
      await learning;
      for (const box of boxes.values()) box.close();
    },
  };
}

/** An address as a name of a folder. */
function directory(address) {
  if (!/^[^\s/\\@]+@[^\s/\\@]+$/.test(address)) throw new Error(`not an address: ${address}`);
  return address.toLowerCase();
}

function refusal(responseCode, message) {
  return Object.assign(new Error(message), { responseCode });
}
