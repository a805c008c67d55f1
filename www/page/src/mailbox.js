// The messages at hand, what they are called, and what was corrected.

import { forEachConcurrent } from "./concurrent.js";
import { summaryOf } from "./letter.js";

/** How many features a message is explained with. */
const REASONS = 120;

/**
 * Tells of `added` (a message), `judged` (a message whose verdict is new), `corrected` (the corrections
 * changed), `failed` (a message that could not be read), and of `progress` with `{ done, total }`, where
 * `total` is missing if nobody knows, and `{}` comes at the end.
 *
 * A message is `{ id, source, subject, from, date, verdict, before, label }`: `before` is its log-odds before
 * the last correction, `label` what it was taught as.
 *
 * `problem` is why the corrections are not stored, while they are not.
 */
export class Mailbox extends EventTarget {
  messages = [];
  #classifier;
  #store;
  #next = 0;
  #epoch = 0;
  #run = 0;

  constructor(classifier, store, problem) {
    super();
    this.#classifier = classifier;
    this.#store = store;
    this.problem = problem;
  }

  get thresholds() {
    return this.#classifier.model.thresholds;
  }

  /** Reads and judges these messages, and gives their number. Those that cannot be read are passed over. */
  async add(sources) {
    const epoch = this.#epoch;
    let done = 0;
    await forEachConcurrent(sources, async (source) => {
      if (epoch !== this.#epoch) return false;
      const message = { id: this.#next, source };
      this.#next += 1;
      this.messages.push(message);
      try {
        const bytes = await source.bytes();
        Object.assign(message, await summaryOf(bytes));
        Object.assign(message, await this.#judge(bytes));
        this.#tell("added", message);
      } catch (error) {
        message.failed = error;
        this.#tell("failed", message);
      }
      this.#tell("progress", { done: (done += 1) });
      return true;
    }).finally(() => this.#tell("progress", {}));
    this.messages = this.messages.filter((message) => !message.failed);
    return done;
  }

  /** Lets go of all messages, those that are still being read too. */
  clear() {
    this.#epoch += 1;
    this.#run += 1;
    this.messages = [];
  }

  /** The verdict on a message with its reasons. */
  async explain(message) {
    return this.#classifier.classify(await message.source.bytes(), { explain: REASONS });
  }

  async learn(message, label) {
    const correction = await this.#classifier.learn(await message.source.bytes(), label);
    return { ...correction, ...(await this.#corrected(message)) };
  }

  async forget(message) {
    const forgotten = await this.#classifier.forget(await message.source.bytes());
    return { forgotten, ...(await this.#corrected(message)) };
  }

  personal() {
    return this.#classifier.personal();
  }

  exportPersonal() {
    return this.#classifier.exportPersonal();
  }

  async importPersonal(bytes) {
    await this.#classifier.importPersonal(bytes);
    return this.#corrected();
  }

  async mergePersonal(bytes) {
    await this.#classifier.mergePersonal(bytes);
    return this.#corrected();
  }

  async clearPersonal() {
    await this.#store?.delete();
    await this.#classifier.clearPersonal();
    return this.#corrected();
  }

  async trust(hosts) {
    await this.#classifier.trust({ authservIds: hosts, hosts });
    return this.#rejudge();
  }

  async #corrected(first) {
    if (this.#store) this.problem = await this.#store.save(this.#classifier).then(() => undefined, (error) => error);
    this.#tell("corrected");
    return this.#rejudge(first);
  }

  /** What a message is called, and what it was taught as: here, before the page was loaded, or in another tab. */
  async #judge(bytes) {
    const [verdict, label] = await Promise.all([this.#classifier.classify(bytes), this.#classifier.labelOf(bytes)]);
    return { verdict, label };
  }

  /** Judges all messages anew, `first` before the others. A later run ends an earlier one. */
  async #rejudge(first) {
    const run = (this.#run += 1);
    const order = first ? [first, ...this.messages.filter((message) => message !== first)] : [...this.messages];
    let [done, moved, changed] = [0, 0, 0];
    await forEachConcurrent(order, async (message) => {
      if (!message.verdict) return true;
      const { verdict, label } = await this.#judge(await message.source.bytes());
      if (run !== this.#run) return false;
      if (message !== first) {
        moved += Math.abs(verdict.logOdds - message.verdict.logOdds) >= 0.005;
        changed += verdict.class !== message.verdict.class;
      }
      message.before = message.verdict.logOdds;
      Object.assign(message, { verdict, label });
      this.#tell("judged", message);
      this.#tell("progress", { done: (done += 1), total: order.length });
      return true;
    }).finally(() => run === this.#run && this.#tell("progress", {}));
    return { moved, changed };
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
