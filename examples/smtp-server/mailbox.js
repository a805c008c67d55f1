// A user's Maildir with a Junk folder (Maildir++), and what tamis has learned from the user.

import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import { createClassifier } from "tamis";

import { classOf, withoutVerdict } from "./message.js";

const JUNK = ".Junk";

export class Mailbox {
  #root;
  #counts;
  /** Files that were looked at, by the part of their name that stays when flags change. */
  #seen = new Set();

  constructor(root, classifier) {
    this.#root = root;
    this.#counts = join(root, "tamis.counts");
    this.classifier = classifier;
  }

  /** Opens a mailbox; one that is not there is made. */
  static async open(root, host) {
    for (const folder of ["", JUNK]) {
      for (const part of ["tmp", "new", "cur"]) await mkdir(join(root, folder, part), { recursive: true });
    }
    // What this server's own Received field says is true.
    const box = new Mailbox(root, await createClassifier({ trust: { hosts: [host] } }));
    const counts = await readFile(box.#counts).catch((error) => {
      if (error.code !== "ENOENT") throw error;
    });
    if (counts) box.classifier.importPersonal(counts);
    return box;
  }

  deliver(message, junk) {
    const folder = join(this.#root, junk ? JUNK : "");
    const name = `${Math.floor(Date.now() / 1000)}.${randomBytes(12).toString("hex")}.tamis`;
    return write(join(folder, "tmp", name), join(folder, "new", name), message);
  }

  /**
   * Learns from what the user moved: into Junk what was not called spam, out of it what was. A message
   * counts once, however often it is seen.
   */
  async learn() {
    let learned = false;
    const present = new Set();
    for (const [folder, label] of [["", "ham"], [JUNK, "spam"]]) {
      for (const part of ["new", "cur"]) {
        for (const name of await readdir(join(this.#root, folder, part))) {
          const id = `${label} ${name.split(":")[0]}`;
          present.add(id);
          if (this.#seen.has(id)) continue;
          // It may be gone again: read by a mail client, which renames it.
          const message = await readFile(join(this.#root, folder, part, name)).catch(() => undefined);
          if (!message) continue;
          const given = classOf(message);
          if (given && (given === "spam") !== (label === "spam")) {
            // As it was when it was classified.
            const correction = await this.classifier.learn(withoutVerdict(message), label);
            learned ||= correction.learned !== "known";
          }
          this.#seen.add(id);
        }
      }
    }
    for (const id of this.#seen) if (!present.has(id)) this.#seen.delete(id);
    if (learned) await write(`${this.#counts}.new`, this.#counts, this.classifier.exportPersonal());
  }

  close() {
    this.classifier.free();
  }
}

/** Writes a file whole or not at all. */
async function write(temporary, path, bytes) {
  try {
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
