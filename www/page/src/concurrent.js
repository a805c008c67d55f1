/**
 * Calls `work` for each item of an iterable, a few at a time: a worker never waits for the next message to be
 * read, and memory holds no more than these. An answer of `false` ends it all.
 */
export async function forEachConcurrent(iterable, work, limit = 4) {
  const running = new Set();
  let ended = false;
  let failure;
  const run = async (item) => {
    try {
      if ((await work(item)) === false) ended = true;
    } catch (error) {
      failure ??= { error };
    }
  };
  for await (const item of iterable) {
    const task = run(item).finally(() => running.delete(task));
    running.add(task);
    if (running.size >= limit) await Promise.race(running);
    if (ended || failure) break;
  }
  await Promise.all(running);
  if (failure) throw failure.error;
}
