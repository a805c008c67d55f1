// The worker's side: makes a classifier and answers calls in their order.

import { OF_MESSAGE, OTHERS, sent } from "./worker-protocol.js";

/** Answers what comes through `receive` with `send`. */
export function serve(createClassifier, send, receive) {
  let classifier;
  let last = Promise.resolve();
  const answer = async ({ id, method, args }) => {
    try {
      let value;
      if (method === "create") {
        classifier = await createClassifier(args[0]);
        value = { model: classifier.model, version: classifier.version };
      } else if (OF_MESSAGE.includes(method)) {
        value = await classifier[method](...args);
      } else if (OTHERS.includes(method)) {
        value = classifier[method](...args);
      }
      send({ id, value });
    } catch (thrown) {
      send({ id, error: sent(thrown) });
    }
  };
  receive((call) => (last = last.then(() => answer(call))));
}
