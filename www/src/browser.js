// Browsers, and bundlers that know `new URL(…, import.meta.url)` as a file to ship (Vite, webpack, Rollup, Parcel).

import { creator } from "./load.js";

export { Classifier, version } from "./classifier.js";
export * from "./public-errors.js";

export const createClassifier = creator({
  wasm: new URL("../dist/tamis.wasm", import.meta.url),
  model: new URL("../dist/model/default.bin", import.meta.url),
});
