// Whoever calls brings module and model.

import { creator } from "./load.js";

export { Classifier, version } from "./classifier.js";
export * from "./public-errors.js";

export const createClassifier = creator();
