// The classifier: an instance of the module, what it was given, and its replacement should it trap.

import { instantiate, version } from "../dist/engine.js";
import { FreedError, PersonalError, TamisError, TrapError, argument, errorOf } from "./errors.js";
import { bytesOf, readFields, readMessage, readMessageSync, serversOf } from "./input.js";

export { version };

const CREATE = Symbol("create");

// In the order of the engine's numbers for them.
const CLASSES = ["ham", "unsure", "spam"];
const LEARNED = ["new", "known", "moved"];

export class Classifier {
  #module;
  #modelBytes;
  #servers = [[], []];
  #engine;
  #freed = false;
  /** The corrections as they last passed through here: what to go back to if the engine's are lost. */
  #passed;

  constructor(key, module, modelBytes) {
    if (key !== CREATE) throw argument("a classifier is made by createClassifier");
    this.#module = module;
    this.#modelBytes = modelBytes;
    this.#engine = this.#start();
    this.model = Object.freeze(modelInfo(this.#engine));
    this.version = version;
  }

  /** For the entries: a classifier of a compiled module and a model's bytes. */
  static create(module, modelBytes, { personal, trust } = {}) {
    const classifier = new Classifier(CREATE, module, modelBytes);
    if (trust) classifier.trust(trust);
    if (personal) classifier.importPersonal(personal);
    return classifier;
  }

  async classify(message, options) {
    const limit = explainOf(options);
    const read = await readMessage(message, this.#limit());
    return this.#run((engine) => verdict(engine, read, limit));
  }

  classifySync(message, options) {
    const limit = explainOf(options);
    const read = readMessageSync(message, this.#limit());
    return this.#run((engine) => verdict(engine, read, limit));
  }

  classifyFields(fields, options) {
    const limit = explainOf(options);
    const read = readFields(fields, this.#limit());
    return this.#run((engine) => verdict(engine, read, limit));
  }

  async learn(message, label) {
    if (label !== "ham" && label !== "spam") throw argument('a label is "ham" or "spam"');
    const read = await readMessage(message, this.#limit());
    return this.#run((engine) => {
      readInto(engine, read, false);
      const [learned, times, called] = engine.learn(label);
      return { learned: LEARNED[learned], times, class: CLASSES[called] };
    });
  }

  async forget(message) {
    const read = await readMessage(message, this.#limit());
    return this.#run((engine) => {
      readInto(engine, read, false);
      return engine.forget();
    });
  }

  async labelOf(message) {
    const read = await readMessage(message, this.#limit());
    return this.#run((engine) => {
      const [ham, spam] = engine.personal();
      if (ham + spam === 0) return undefined;
      readInto(engine, read, false);
      return labelBy(engine.times());
    });
  }

  async digest(message) {
    const read = await readMessage(message, this.#limit());
    return this.#run((engine) => {
      readInto(engine, read, false);
      return engine.digest();
    });
  }

  personal() {
    const [ham, spam, features] = this.#run((engine) => engine.personal());
    return { ham, spam, features };
  }

  exportPersonal() {
    this.#passed = this.#run((engine) => engine.export_personal());
    return this.#passed.slice();
  }

  importPersonal(bytes) {
    const kept = copyOf(bytes, "personal counts");
    this.#run((engine) => engine.import_personal(kept));
    this.#passed = kept;
  }

  mergePersonal(bytes, base) {
    const added = copyOf(bytes, "personal counts");
    const before = base === undefined ? undefined : copyOf(base, "the base");
    this.#run((engine) => engine.merge_personal(added, before));
    this.exportPersonal();
  }

  clearPersonal() {
    this.#run((engine) => engine.clear_personal());
    this.#passed = undefined;
  }

  trust(trust) {
    const { authservIds, hosts } = serversOf(trust);
    const servers = [authservIds, hosts];
    this.#run((engine) => engine.trust(...servers));
    this.#servers = servers;
  }

  free() {
    this.#freed = true;
    // The memory goes with the instance.
    this.#engine = undefined;
    this.#module = undefined;
    this.#modelBytes = undefined;
    this.#passed = undefined;
  }

  #limit() {
    return this.#run((engine) => engine.messageBytes);
  }

  #start() {
    const engine = instantiate(this.#module, this.#modelBytes, toldBy);
    engine.trust(...this.#servers);
    return engine;
  }

  /** Calls the engine. Whatever it throws but strings is a trap: the instance is not to be used again. */
  #run(call) {
    if (this.#freed) throw new FreedError("freed", "the classifier was freed");
    if (this.#engine.trapped) this.#restart();
    try {
      return call(this.#engine);
    } catch (thrown) {
      if (typeof thrown === "string") throw toldBy(thrown);
      this.#engine.trapped = true;
      throw new TrapError("trap", `the engine trapped: ${thrown?.message ?? thrown}`, { cause: thrown });
    }
  }

  /**
   * Puts a new instance in the place of one that trapped, with its corrections: those in the old memory,
   * which are whole if it trapped while reading a message, or else those that last passed through here.
   */
  #restart() {
    let engine, personal, lost = false;
    try {
      engine = this.#start();
      try {
        personal = this.#engine.salvage();
        engine.import_personal(personal);
      } catch {
        lost = true;
        if (this.#passed) engine.import_personal(this.#passed);
      }
    } catch (thrown) {
      if (thrown instanceof TamisError) throw thrown;
      throw new TrapError("trap", `the engine cannot start again: ${thrown?.message ?? thrown}`, { cause: thrown });
    }
    this.#engine = engine;
    if (lost) {
      const back = this.#passed ? "those last exported, imported or merged are back" : "there are none now";
      throw new PersonalError("counts-lost", `the engine trapped while its corrections were changing: ${back}`);
    }
  }
}

if (Symbol.dispose) Classifier.prototype[Symbol.dispose] = Classifier.prototype.free;

/** The error that the engine tells in a string. */
function toldBy(text) {
  const [code, offset, ...message] = text.split("\n");
  return errorOf({ code, message: message.join("\n"), offset: offset === "" ? undefined : Number(offset) });
}

function readInto(engine, read, named) {
  if (read.headers) engine.read_fields(read.headers, read.text, read.html, read.attachments, read.size, named);
  else engine.read(read.start, read.size, named);
}

function labelBy([ham, spam]) {
  if (ham + spam === 0) return undefined;
  return spam > ham ? "spam" : "ham";
}

function verdict(engine, read, limit) {
  readInto(engine, read, limit > 0);
  const [called, probability, logOdds, ...pulls] = engine.verdict(limit);
  const verdict = { class: CLASSES[called], probability, logOdds };
  if (limit > 0) verdict.evidence = engine.evidence().map((feature, i) => ({ feature, pull: pulls[i] }));
  return verdict;
}

function modelInfo(engine) {
  const [ham, spam, thresholdHam, thresholdSpam, intercept, features, bytes, tokenizerVersion] = engine.model_numbers();
  const [description, created, algorithm, calibration, ...sources] = engine.model_texts();
  return {
    description, created: created || null, algorithm, sources, messages: { ham, spam }, calibration,
    thresholds: { ham: thresholdHam, spam: thresholdSpam }, intercept, features, bytes, tokenizerVersion,
  };
}

function explainOf(options) {
  const explain = options?.explain ?? 0;
  if (!Number.isSafeInteger(explain) || explain < 0) throw argument("`explain` is a number of features, 0 or more");
  return Math.min(explain, 0xffff_ffff);
}

function copyOf(bytes, what) {
  const read = typeof bytes === "string" ? undefined : bytesOf(bytes);
  if (!read) throw argument(`${what} are a Uint8Array`);
  return new Uint8Array(read);
}
