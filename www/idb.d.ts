/**
 * A user's corrections kept in IndexedDB.
 *
 * ```js
 * import { openPersonal } from "tamis/idb";
 *
 * const store = await openPersonal();
 * await store.restore(classifier);
 * await classifier.learn(message, "spam");
 * await store.save(classifier);
 * ```
 *
 * @packageDocumentation
 */
import type { Classifier } from "./index.js";
import type { WorkerClassifier } from "./worker.js";

/** Where the corrections are. */
export interface PersonalStoreOptions {
  /** The database's name. Default `tamis`. */
  database?: string;
  /** The name of the corrections in it, for clients with several accounts. Default `personal`. */
  name?: string;
}

/**
 * Opens the place where corrections are kept.
 *
 * @throws {@link "tamis".TamisError} with code `storage` if the browser does not allow it.
 */
export function openPersonal(options?: PersonalStoreOptions): Promise<PersonalStore>;

/** Corrections kept in IndexedDB. */
export class PersonalStore implements Disposable {
  private constructor();

  /** Puts what is stored in the place of what the classifier has learned; `false` if nothing is. */
  restore(classifier: Classifier | WorkerClassifier): Promise<boolean>;

  /**
   * Stores what the classifier has learned. If somebody else has stored corrections since `restore` or the
   * last `save` (another tab), theirs are merged into the classifier first: none are lost.
   */
  save(classifier: Classifier | WorkerClassifier): Promise<void>;

  /** What is stored, as `exportPersonal` gave it. */
  load(): Promise<Uint8Array<ArrayBuffer> | undefined>;

  /** Deletes what is stored. */
  delete(): Promise<void>;

  /** Closes the database. */
  close(): void;

  [Symbol.dispose](): void;
}
