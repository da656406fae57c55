/**
 * Lets `work` for one value begin only when that for every earlier one that shares a key with it has ended, well or not;
 * others go side by side. Values count in the order of the calls.
 */
export function inTurn<Value>(
  keysOf: (value: Value) => readonly number[],
  work: (value: Value) => Promise<void>,
): (value: Value) => Promise<void> {
  /** The last one that has the key, as long as it goes on. */
  const lastOf = new Map<number, Promise<void>>();
  return (value) => {
    const keys = new Set(keysOf(value));
    const earlier = new Set([...keys].flatMap((key) => lastOf.get(key) ?? []));
    const ended = Promise.allSettled(earlier).then(() => work(value));
    for (const key of keys) lastOf.set(key, ended);
    return ended.finally(() => {
      for (const key of keys) if (lastOf.get(key) === ended) lastOf.delete(key);
    });
  };
}
