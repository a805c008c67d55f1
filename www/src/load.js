// Reading module and model from wherever they are.

import { LoadError, argument } from "./errors.js";
import { bytesOf } from "./input.js";
import { Classifier } from "./classifier.js";

/** Bytes from a source: the bytes themselves, or an address that `read` reads. */
export async function load(source, what, read = fetchBytes) {
  if (typeof source === "string" || source instanceof URL) {
    try {
      return await read(source);
    } catch (cause) {
      if (cause instanceof LoadError) throw cause;
      throw new LoadError("load", `${what} cannot be read from ${source}: ${cause?.message ?? cause}`, { cause });
    }
  }
  if (typeof source?.arrayBuffer === "function") {
    if (source.ok === false) throw new LoadError("load", `${what}: ${source.url} answered ${source.status}`);
    return new Uint8Array(await source.arrayBuffer());
  }
  const bytes = bytesOf(source);
  if (bytes) return bytes;
  throw argument(`${what} is bytes, an address, a Response or a Blob`);
}

export async function fetchBytes(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`.trim());
  return new Uint8Array(await response.arrayBuffer());
}

async function compile(source, read) {
  const module = await source;
  if (module instanceof WebAssembly.Module) return module;
  const bytes = await load(module, "the module", read);
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw new LoadError("load", `the module cannot be compiled: ${cause?.message ?? cause}`, { cause });
  }
}

/**
 * A `createClassifier` with these defaults. What belongs to the package is read and compiled once.
 */
export function creator({ wasm: ownWasm, model: ownModel, read } = {}) {
  const once = (make) => {
    let promise;
    return () => {
      promise ??= make();
      promise.catch(() => (promise = undefined));
      return promise;
    };
  };
  const ownModule = once(() => compile(ownWasm, read));
  const ownBytes = once(() => load(ownModel, "the model", read));
  const given = (value, own, what, name) => {
    if (value === undefined && own === undefined) throw argument(`createClassifier needs \`${name}\`: ${what}`);
    return value !== undefined;
  };
  return async function createClassifier(options = {}) {
    if (typeof options !== "object" || options === null) throw argument("the options are an object");
    const wasmGiven = given(options.wasm, ownWasm, "the module, such as `tamis/tamis.wasm`", "wasm");
    const modelGiven = given(options.model, ownModel, "a model, such as `tamis/model/default.bin`", "model");
    const [module, model] = await Promise.all([
      wasmGiven ? compile(options.wasm, read) : ownModule(),
      modelGiven ? load(options.model, "the model", read) : ownBytes(),
    ]);
    return Classifier.create(module, model, options);
  };
}
