// The caller's side of a classifier in a worker.

import { FreedError, LoadError, argument } from "./errors.js";
import { readFields, readMessage, serversOf } from "./input.js";
import { load } from "./load.js";
import { OF_MESSAGE, OTHERS, received } from "./worker-protocol.js";

const CREATE = Symbol("create");

/** The limit of the engine: the worker cuts at it again, so this one only saves sending more. */
const START_BYTES = 4 << 20;

export class WorkerClassifier {
  #port;
  #calls = new Map();
  #next = 0;
  #freed = false;

  constructor(key, port) {
    if (key !== CREATE) throw argument("a classifier in a worker is made by createWorkerClassifier");
    this.#port = port;
    port.receive(({ id, value, error }) => {
      const call = this.#calls.get(id);
      this.#calls.delete(id);
      if (error) call?.reject(received(error));
      else call?.resolve(value);
    });
    port.failed((cause) => this.#end(new LoadError("load", `the worker failed: ${cause?.message ?? cause}`, { cause })));
  }

  static async create(port, options) {
    const classifier = new WorkerClassifier(CREATE, port);
    try {
      const { model, version } = await classifier.#call("create", [await sendable(options)]);
      classifier.model = Object.freeze(model);
      classifier.version = version;
      return classifier;
    } catch (thrown) {
      classifier.free();
      throw thrown;
    }
  }

  async classifyFields(fields, options) {
    return this.#call("classify", [plain(readFields(fields, START_BYTES)), options]);
  }

  free() {
    this.#end(new FreedError("freed", "the classifier was freed"));
  }

  #end(error) {
    if (this.#freed) return;
    this.#freed = error;
    this.#port.end();
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
  }

  #call(method, args) {
    if (this.#freed) return Promise.reject(this.#freed);
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#calls.set(id, { resolve, reject });
      try {
        this.#port.send({ id, method, args });
      } catch (cause) {
        this.#calls.delete(id);
        reject(argument(`what cannot be sent to the worker: ${cause?.message ?? cause}`));
      }
    });
  }

  static {
    for (const method of OF_MESSAGE) {
      this.prototype[method] = async function (message, ...rest) {
        const read = await readMessage(message, START_BYTES);
        return this.#call(method, [read.headers ? plain(read) : alone(read), ...rest]);
      };
    }
    for (const method of OTHERS) {
      this.prototype[method] = async function (...args) {
        return this.#call(method, method === "trust" ? [serversOf(args[0])] : args);
      };
    }
  }
}

if (Symbol.dispose) WorkerClassifier.prototype[Symbol.dispose] = WorkerClassifier.prototype.free;

export const createIn = WorkerClassifier.create;

/** Flattened fields as an object that can be sent and read again. */
function plain({ headers, attachments, ...rest }) {
  const pairs = (flat) => Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
  return { ...rest, headers: pairs(headers), attachments: pairs(attachments).map(([type, name]) => ({ type, name })) };
}

/** The start of a message without the memory around it, all of which would be sent too. */
function alone({ start, size }) {
  return { start: start.byteLength < start.buffer.byteLength ? start.slice() : start, size };
}

/** The options without what a worker cannot be sent. */
async function sendable({ worker, trust, model, wasm, ...options } = {}) {
  const bytes = async (source, what) => {
    if (source instanceof URL) return source.href;
    // An address is relative to the page, and the worker is somewhere else.
    if (typeof source === "string" && globalThis.location) return new URL(source, globalThis.location.href).href;
    return source instanceof Response ? load(source, what) : source;
  };
  return {
    ...options,
    ...(trust && { trust: serversOf(trust) }),
    model: await bytes(model, "the model"),
    wasm: wasm instanceof WebAssembly.Module ? wasm : await bytes(wasm, "the module"),
  };
}
