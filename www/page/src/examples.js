// The example messages. They are fetched as the page loads, so that nothing is fetched later.

const boxes = Promise.all(["ham", "spam"].map(async (label) => {
  const response = await fetch(new URL(`../examples/${label}.mbox`, import.meta.url));
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  return [label, [{ path: `${label}.mbox`, file: await response.blob() }]];
})).then(Object.fromEntries);
// Whoever asks for them hears of a failure.
boxes.catch(() => {});

/** The files of one class, `ham` or `spam`. */
export const examplesOf = async (label) => (await boxes)[label];
