/**
 * tamis without its module and model: whoever calls brings them. For bundlers and hosts with ways of their
 * own to ship such files; `tamis/tamis.wasm` and `tamis/model/default.bin` are their paths.
 *
 * @packageDocumentation
 */
import type { BytesSource, Classifier, ClassifierOptions, CompiledModule } from "./index.js";

export * from "./index.js";

/** Options of {@link createClassifier}: here module and model have no defaults. */
export interface SlimOptions extends ClassifierOptions {
  model: BytesSource;
  wasm: CompiledModule | BytesSource;
}

/** Makes a classifier of a module and a model, as `createClassifier` of `tamis` does. */
export function createClassifier(options: SlimOptions): Promise<Classifier>;
