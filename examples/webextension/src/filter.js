// The classifier and what it has learned, which is kept in IndexedDB.

import { createClassifier } from "tamis/slim";
import { openPersonal } from "tamis/idb";

let opening;

/** Opens the filter; the background script may have been ended and started again since the last time. */
function open() {
  opening ??= (async () => {
    const [classifier, store] = await Promise.all([
      createClassifier({
        wasm: browser.runtime.getURL("tamis.wasm"),
        model: browser.runtime.getURL("default.bin"),
      }),
      openPersonal(),
    ]);
    await store.restore(classifier);
    return { classifier, store };
  })();
  // The next call tries again.
  opening.catch(() => (opening = undefined));
  return opening;
}

const source = (id) => browser.messages.getRaw(id, { data_format: "File" });

/** The verdict on a message of Thunderbird's, with reasons. */
export async function classify(id) {
  const { classifier } = await open();
  return classifier.classify(await source(id), { explain: 12 });
}

/** Learns what the user says of a message. */
export async function learn(id, label) {
  const { classifier, store } = await open();
  const correction = await classifier.learn(await source(id), label);
  if (correction.learned !== "known") await store.save(classifier);
  return correction;
}
