/**
 * tamis off the main thread: a classifier in a worker, with the same methods, all of them asynchronous.
 *
 * ```js
 * import { createWorkerClassifier } from "tamis/worker";
 *
 * const classifier = await createWorkerClassifier();
 * const verdict = await classifier.classify(file, { explain: 5 });
 * classifier.free();
 * ```
 *
 * @packageDocumentation
 */
import type {
  ClassifierOptions, ClassifyOptions, Correction, Label, Message, MessageFields, ModelInfo, PersonalInfo, Trust,
  Verdict,
} from "./index.js";

export * from "./index.js";

/** Options of {@link createWorkerClassifier}. */
export interface WorkerOptions extends ClassifierOptions {
  /**
   * Starts the worker, for hosts and bundlers that need to do that themselves: a module worker of
   * `tamis/worker-thread`. Default: one is started from the package.
   */
  worker?: () => MessageWorker;
}

/** A `Worker` of the web, or one of `node:worker_threads`. */
export interface MessageWorker {
  postMessage(message: unknown): void;
  terminate(): unknown;
}

/** Starts a worker and makes a classifier in it. */
export function createWorkerClassifier(options?: WorkerOptions): Promise<WorkerClassifier>;

/**
 * A classifier in a worker: see the methods of `Classifier`. Calls are answered in their order. Streams
 * are read on the calling thread and their first 4 MiB handed over.
 */
export class WorkerClassifier implements Disposable {
  private constructor();

  readonly model: ModelInfo;
  readonly version: string;

  classify(message: Message, options?: ClassifyOptions): Promise<Verdict>;
  classifyFields(fields: MessageFields, options?: ClassifyOptions): Promise<Verdict>;
  learn(message: Message, label: Label): Promise<Correction>;
  forget(message: Message): Promise<boolean>;
  labelOf(message: Message): Promise<Label | undefined>;
  digest(message: Message): Promise<string>;
  personal(): Promise<PersonalInfo>;
  exportPersonal(): Promise<Uint8Array<ArrayBuffer>>;
  importPersonal(bytes: Uint8Array): Promise<void>;
  mergePersonal(bytes: Uint8Array, base?: Uint8Array): Promise<void>;
  clearPersonal(): Promise<void>;
  trust(trust: Trust): Promise<void>;

  /** Ends the worker. Calls that were not answered yet, and later ones, fail with `FreedError`. */
  free(): void;

  [Symbol.dispose](): void;
}
