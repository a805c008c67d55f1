// Cloudflare Workers: code may not be compiled at run time, so the module is imported as one.

import model from "../dist/model/default.bin";
import wasm from "../dist/tamis.wasm";

import { creator } from "./load.js";

export { Classifier, version } from "./classifier.js";
export * from "./public-errors.js";

export const createClassifier = creator({ wasm, model });
