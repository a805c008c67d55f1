// Node, Bun and Deno.

import { creator } from "./load.js";
import { read } from "./read-node.js";

export { Classifier, version } from "./classifier.js";
export * from "./public-errors.js";

export const createClassifier = creator({
  wasm: new URL("../dist/tamis.wasm", import.meta.url),
  model: new URL("../dist/model/default.bin", import.meta.url),
  read,
});
