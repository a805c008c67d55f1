// A classifier in a web worker.

import { createIn } from "./worker-client.js";

export { WorkerClassifier } from "./worker-client.js";
export { version } from "./classifier.js";
export * from "./public-errors.js";

// In this form bundlers see that the worker is a file to ship.
const start = () => new Worker(new URL("./worker-thread.js", import.meta.url), { type: "module", name: "tamis" });

export function createWorkerClassifier(options = {}) {
  const worker = (options.worker ?? start)();
  return createIn(
    {
      send: (call) => worker.postMessage(call),
      receive: (answer) => worker.addEventListener("message", (event) => answer(event.data)),
      failed: (fail) => {
        worker.addEventListener("error", (event) => fail(event.message ?? "it cannot be loaded"));
        worker.addEventListener("messageerror", () => fail("what it sent cannot be read"));
      },
      end: () => worker.terminate(),
    },
    options,
  );
}
