// Runs in the worker thread of Node, Bun and Deno.

import { parentPort } from "node:worker_threads";

import { createClassifier } from "./node.js";
import { serve } from "./worker-serve.js";

serve(
  createClassifier,
  (answer) => parentPort.postMessage(answer),
  (call) => parentPort.on("message", call),
);
