// Corrections in IndexedDB.

import { TamisError, argument } from "./errors.js";

const STORE = "personal";
const CREATE = Symbol("create");

export async function openPersonal({ database = "tamis", name = "personal" } = {}) {
  if (typeof indexedDB === "undefined") throw new TamisError("storage", "there is no IndexedDB here");
  let opening;
  try {
    opening = indexedDB.open(database, 1);
  } catch (cause) {
    throw failure(cause);
  }
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  return new PersonalStore(CREATE, await done(opening), name);
}

export class PersonalStore {
  #database;
  #name;
  /** What was stored when this side last read or wrote it. */
  #base;
  #last = Promise.resolve();

  constructor(key, database, name) {
    if (key !== CREATE) throw argument("a store is made by openPersonal");
    this.#database = database;
    this.#name = name;
    // Another page may want to change or delete the database.
    database.onversionchange = () => database.close();
  }

  restore(classifier) {
    return this.#inTurn(async () => {
      const stored = await this.load();
      if (!stored) return false;
      await classifier.importPersonal(stored);
      this.#base = stored;
      return true;
    });
  }

  save(classifier) {
    return this.#inTurn(async () => {
      for (;;) {
        const mine = await classifier.exportPersonal();
        // A transaction does not wait for the classifier: so it only compares, and stores if nothing changed.
        const other = await this.#replace(mine);
        if (!other) break;
        await merge(classifier, other, this.#base);
        this.#base = other;
      }
    });
  }

  async load() {
    return done(this.#transaction("readonly").get(this.#name));
  }

  delete() {
    return this.#inTurn(async () => {
      await done(this.#transaction("readwrite").delete(this.#name));
      this.#base = undefined;
    });
  }

  close() {
    this.#database.close();
  }

  /** Stores these corrections unless somebody else has stored others since; those are given back then. */
  #replace(mine) {
    const store = this.#transaction("readwrite");
    return new Promise((resolve, reject) => {
      let other;
      store.transaction.oncomplete = () => {
        if (!other) this.#base = mine;
        resolve(other);
      };
      store.transaction.onabort = () => reject(failure(store.transaction.error));
      const reading = store.get(this.#name);
      reading.onsuccess = () => {
        const stored = reading.result;
        if (stored && !same(stored, this.#base) && !same(stored, mine)) other = stored;
        else store.put(mine, this.#name);
      };
    });
  }

  #transaction(mode) {
    try {
      return this.#database.transaction(STORE, mode).objectStore(STORE);
    } catch (cause) {
      throw failure(cause);
    }
  }

  #inTurn(work) {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}

if (Symbol.dispose) PersonalStore.prototype[Symbol.dispose] = PersonalStore.prototype.close;

/**
 * Adds what somebody else has stored since `base`. Where both took the same correction back, what is left of
 * `base` cannot be told: it counts twice then, and none is lost.
 */
async function merge(classifier, other, base) {
  try {
    await classifier.mergePersonal(other, base);
  } catch (error) {
    if (error.code !== "counts-mismatch") throw error;
    await classifier.mergePersonal(other);
  }
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(failure(request.error));
    request.onblocked = () => reject(failure(new Error("another page holds the database open")));
  });
}

function failure(cause) {
  // Where there is no room left, Chromium gives an error without a message.
  const why = cause?.message || cause?.name || cause;
  return new TamisError("storage", `the corrections cannot be stored: ${why}`, { cause });
}

function same(a, b) {
  return a !== undefined && b !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i]);
}
