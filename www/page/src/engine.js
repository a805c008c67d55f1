// The classifiers: one for the mailbox, one for evaluations, each in a worker of its own. Module and model
// are fetched once, when the page loads; nothing is fetched later.

import { openPersonal } from "tamis/idb";
import { createWorkerClassifier } from "tamis/worker";

async function bytesAt(path) {
  const response = await fetch(new URL(path, import.meta.url));
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * `mailbox` has the corrections that were stored, `evaluator` has none. Where nothing can be stored, or what is
 * stored cannot be read, there is no `store` but a `problem`: the page works without, and nothing is overwritten.
 */
export async function startEngine() {
  const [source, model] = await Promise.all([bytesAt("../dist/tamis.wasm"), bytesAt("../dist/model/default.bin")]);
  const wasm = await WebAssembly.compile(source);
  const [mailbox, evaluator] = await Promise.all([
    createWorkerClassifier({ wasm, model }),
    createWorkerClassifier({ wasm, model }),
  ]);
  try {
    const store = await openPersonal();
    await store.restore(mailbox);
    return { mailbox, evaluator, store };
  } catch (problem) {
    return { mailbox, evaluator, problem };
  }
}
