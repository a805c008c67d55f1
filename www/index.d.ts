/// <reference lib="esnext.disposable" />
/**
 * tamis: a spam classification engine. The same model gives the same score, to the bit, and the same
 * reasons in every JavaScript runtime and natively.
 *
 * ```js
 * import { createClassifier } from "tamis";
 *
 * using classifier = await createClassifier();
 * const verdict = await classifier.classify(source, { explain: 5 });
 * // { class: "spam", probability: 0.998, logOdds: 6.2, evidence: [{ feature: "subject:free", pull: 1.3 }, …] }
 * ```
 *
 * @packageDocumentation
 */

/** What a person says of a message. */
export type Label = "ham" | "spam";

/** What a message is called: below the model's ham threshold, between the two, or from the spam threshold on. */
export type Class = "ham" | "unsure" | "spam";

/** One feature's share in a verdict. */
export interface Evidence {
  /** The feature's name: its field, a colon, its value (`subject:free`, `url-host:bit.ly`). */
  feature: string;
  /** What it adds to the log-odds: positive towards spam, negative towards ham. */
  pull: number;
}

/** What the classifier says of a message. */
export interface Verdict {
  class: Class;
  /** Calibrated probability that the message is spam, 0 to 1. */
  probability: number;
  /** Its log-odds, ln(p / (1 - p)), which does not saturate as `probability` does. */
  logOdds: number;
  /** The features that pulled, strongest first; only if asked for with `explain`. */
  evidence?: Evidence[];
}

/** Options of one classification. */
export interface ClassifyOptions {
  /** How many features to give as reasons, at most. Default 0: none. */
  explain?: number;
}

/**
 * A message's source (RFC 5322). A string is taken as UTF-8. Streams are read to their end, but no more
 * than the first 4 MiB are kept: what lies beyond is not looked at, by any tamis.
 */
export type MessageSource = MessageBytes | Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** A message's source at hand. */
export type MessageBytes = Uint8Array | ArrayBuffer | ArrayBufferView | string;

/** One header field, as JMAP and the Gmail API (`name`) or postal-mime (`key`, `originalKey`) give it. */
export type HeaderField =
  | readonly [name: string, value: string]
  | { name: string; value: string }
  | { key: string; originalKey?: string; value: string };

/** What is attached, as JMAP (`type`, `name`) or postal-mime (`mimeType`, `filename`) give it. */
export interface AttachmentFields {
  type?: string | null;
  mimeType?: string | null;
  name?: string | null;
  filename?: string | null;
}

/**
 * A message that somebody else has parsed. A postal-mime object is one as it is.
 *
 * The features are those of the source as far as the fields tell: give header fields in their order, in
 * their spelling, and all of them (`Received` too) where you have them.
 */
export interface MessageFields {
  /** The header fields; values with their encoded words or without. An object's values may be arrays. */
  headers: Iterable<HeaderField> | Readonly<Record<string, string | readonly string[]>>;
  /** The text that is not HTML. */
  text?: string | null;
  /** The HTML. */
  html?: string | null;
  /** What is attached. */
  attachments?: Iterable<AttachmentFields> | null;
  /** Bytes of the source, where the client knows (JMAP `size`, Gmail `sizeEstimate`). */
  size?: number | null;
}

/** A message, in whatever form. */
export type Message = MessageSource | MessageFields;

/** What `learn` did. */
export interface Correction {
  /** The message was `new`, was `known` with this label already, or was `moved` from the other one. */
  learned: "new" | "known" | "moved";
  /** How often it counts now. */
  times: number;
  /** What it is called now. */
  class: Class;
}

/** How much was learned. */
export interface PersonalInfo {
  /** How many messages count as ham, each once, however often it counts. */
  ham: number;
  /** How many messages count as spam. */
  spam: number;
  /** How many distinct features they have. */
  features: number;
}

/**
 * The servers whose word counts. Anyone can write `Authentication-Results` or `Received` into a message,
 * so nobody is believed by default. A name that starts with a dot stands for all hosts below it.
 */
export interface Trust {
  /** Names in `Authentication-Results` that are believed (RFC 8601). */
  authservIds?: Iterable<string>;
  /** Hosts whose `Received` fields are believed, by the name after `by`. */
  hosts?: Iterable<string>;
}

/** What the model says of itself. */
export interface ModelInfo {
  /** One line for people. */
  description: string;
  /** When it was trained (RFC 3339 date), if the trainer said so. */
  created: string | null;
  /** The algorithm's name, as `tamis train --algorithm` takes it. */
  algorithm: string;
  /** What it was trained on, in the trainer's words. */
  sources: string[];
  /** How many messages it was trained on. */
  messages: { ham: number; spam: number };
  /** How its probabilities were calibrated: on `held-out` mail, or the algorithm's `default`. */
  calibration: string;
  /** Below `ham` a message is ham, from `spam` on it is spam, between the two it is unsure. */
  thresholds: { ham: number; spam: number };
  /** The log-odds of a message without known features. */
  intercept: number;
  /** Number of features with a weight. */
  features: number;
  /** Size of the file. */
  bytes: number;
  /** Version of the tokenizer that made it; personal counts are tied to it too. */
  tokenizerVersion: number;
}

/** Where a file's bytes come from: the bytes, or an address that `fetch` (in Node: also `file:`) reads. */
export type BytesSource = Uint8Array | ArrayBuffer | URL | string | Response | Blob;

/** A compiled module: `WebAssembly.Module`, where the host's types have it. */
export type CompiledModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Module } } } ? Module : object;

/** Options of {@link createClassifier}. */
export interface ClassifierOptions {
  /** The model. Default: the one in the package. */
  model?: BytesSource;
  /** The compiled module, or where its bytes come from. Default: the one in the package. */
  wasm?: CompiledModule | BytesSource;
  /** Corrections to start with, as {@link Classifier.exportPersonal} gave them. */
  personal?: Uint8Array;
  /** The servers whose word counts. Default: nobody. */
  trust?: Trust;
}

/**
 * Loads a model and makes a classifier of it. The module is compiled once for all classifiers; each
 * has an instance and memory of its own.
 *
 * @throws {@link LoadError} if module or model cannot be read; {@link ModelError} if the bytes are no model
 * of this version; {@link PersonalError} if `personal` is damaged.
 */
export function createClassifier(options?: ClassifierOptions): Promise<Classifier>;

/** A model with a user's corrections over it. */
export class Classifier implements Disposable {
  private constructor();

  /** What the model says of itself. */
  readonly model: ModelInfo;

  /** Version of the engine, as {@link version}. */
  readonly version: string;

  /**
   * Classifies a message. It never fails over a message's content: damage is evidence.
   *
   * @throws {@link ArgumentError} if `message` is none of the types; {@link TrapError} if the engine failed
   * (the classifier remains usable).
   */
  classify(message: Message, options?: ClassifyOptions): Promise<Verdict>;

  /** As {@link classify}, at once, of a message that is at hand. */
  classifySync(message: MessageBytes | MessageFields, options?: ClassifyOptions): Verdict;

  /** Classifies a message that somebody else has parsed. */
  classifyFields(fields: MessageFields, options?: ClassifyOptions): Verdict;

  /**
   * Learns what a message is, and sees to it that it is called so. Messages count once; the other label
   * moves a message. What is learned is kept apart from the model: see {@link exportPersonal}.
   */
  learn(message: Message, label: Label): Promise<Correction>;

  /** Undoes all that was learned of a message, exactly; `false` if nothing was. */
  forget(message: Message): Promise<boolean>;

  /**
   * What a message was learned as: {@link forget} has something to undo if it is not `undefined`. A message
   * that counts under both labels, as it can after {@link mergePersonal}, has the one under which it counts
   * more often, and `ham` if neither does.
   */
  labelOf(message: Message): Promise<Label | undefined>;

  /**
   * Identifies a message by its features, 16 hexadecimal digits: what counts as the same message when it
   * is learned.
   */
  digest(message: Message): Promise<string>;

  /** How much was learned. */
  personal(): PersonalInfo;

  /**
   * What was learned, as bytes: integers for hashed features, no text. The same corrections give the same
   * bytes. The `tamis` program reads and writes the same format.
   */
  exportPersonal(): Uint8Array<ArrayBuffer>;

  /**
   * Puts these corrections in the place of what was learned here.
   *
   * @throws {@link PersonalError} if the bytes are damaged or of another version; nothing changes then.
   */
  importPersonal(bytes: Uint8Array): void;

  /**
   * Adds these corrections to what was learned here, as if their messages had been learned here. With
   * `base`, an earlier state that both sides started from, what both have had from there counts once.
   *
   * @throws {@link PersonalError} if the bytes are damaged or of another version, or `base` is not in both;
   * nothing changes then.
   */
  mergePersonal(bytes: Uint8Array, base?: Uint8Array): void;

  /** Forgets all that was learned. */
  clearPersonal(): void;

  /** Believes these servers from now on, and no others. */
  trust(trust: Trust): void;

  /** Gives the engine's memory back. Everything but `free` throws {@link FreedError} from now on. */
  free(): void;

  [Symbol.dispose](): void;
}

/** Version of the engine. */
export const version: string;

/** What all errors of this package are. */
export class TamisError extends Error {
  /** What went wrong, for programs; it does not change between versions. */
  readonly code: ErrorCode;
}

/** The codes of {@link TamisError}. */
export type ErrorCode =
  | "argument"
  | "counts-corrupt"
  | "counts-mismatch"
  | "counts-version"
  | "counts-lost"
  | "freed"
  | "load"
  | "model-corrupt"
  | "model-version"
  | "storage"
  | "trap";

/** An argument is of the wrong kind, or out of range. */
export class ArgumentError extends TamisError {}

/** The module or the model could not be fetched, read or compiled; `cause` tells why. */
export class LoadError extends TamisError {}

/** The bytes are no model (`model-corrupt`), or one of another version (`model-version`). */
export class ModelError extends TamisError {
  /** Byte offset of the first thing that is wrong, if the file is damaged. */
  readonly offset?: number;
}

/**
 * The bytes are no counts file (`counts-corrupt`), one of another version (`counts-version`) or not what
 * they were to be taken from (`counts-mismatch`); or the engine trapped while the counts were changing,
 * and the classifier went back to those last exported, imported or merged (`counts-lost`).
 */
export class PersonalError extends TamisError {
  /** Byte offset of the first thing that is wrong, if the file is damaged. */
  readonly offset?: number;
}

/**
 * The engine trapped, for want of memory or stack; `cause` is what the runtime said. The classifier has
 * a new instance with the same model, corrections and trust, and can be used again.
 */
export class TrapError extends TamisError {}

/** The classifier was freed before. */
export class FreedError extends TamisError {}
