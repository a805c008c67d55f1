// Runs in the worker.

import { createClassifier } from "./browser.js";
import { serve } from "./worker-serve.js";

serve(
  createClassifier,
  (answer) => self.postMessage(answer),
  (call) => self.addEventListener("message", (event) => call(event.data)),
);
