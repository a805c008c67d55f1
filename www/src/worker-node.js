// A classifier in a worker thread.

import { Worker } from "node:worker_threads";

import { createIn } from "./worker-client.js";

export { WorkerClassifier } from "./worker-client.js";
export { version } from "./classifier.js";
export * from "./public-errors.js";

const start = () => new Worker(new URL("./worker-thread-node.js", import.meta.url), { name: "tamis" });

export function createWorkerClassifier(options = {}) {
  const worker = (options.worker ?? start)();
  return createIn(
    {
      send: (call) => worker.postMessage(call),
      receive: (answer) => worker.on("message", answer),
      failed: (fail) => {
        worker.on("error", fail);
        worker.on("messageerror", fail);
        worker.on("exit", (code) => fail(`it ended with ${code}`));
      },
      end: () => worker.terminate(),
    },
    options,
  );
}
