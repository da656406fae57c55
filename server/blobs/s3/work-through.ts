interface WorkOptions<Item> {
  /** Items in work at one time. */
  limit: number;
  signal?: AbortSignal;
  /** Called in the order of the items; `stop` is aborted as soon as another one failed. */
  work: (item: Item, stop: AbortSignal) => Promise<void>;
}

/**
 * Works through items, `limit` at a time; the next one is fetched while they run. After the first failure, also of
 * `items` or by the signal, no new one is begun; it is thrown when all that run have ended.
 */
export async function workThrough<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  { limit, signal, work }: WorkOptions<Item>,
): Promise<void> {
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const fail = (error: unknown) => {
    failures.push(error);
    stopping.abort(error);
  };
  const onAbort = () => fail(signal?.reason);
  const begin = (item: Item) => {
    const one = work(item, stopping.signal)
      .catch(fail)
      .finally(() => running.delete(one));
    running.add(one);
  };

  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    signal?.throwIfAborted();
    for await (const item of items) {
      while (running.size >= limit) await Promise.race(running);
      if (failures.length > 0) break;
      begin(item);
    }
  } catch (error) {
    fail(error);
  }
  await Promise.all(running);
  signal?.removeEventListener("abort", onAbort);
  if (failures.length > 0) throw failures[0];
}
