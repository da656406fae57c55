interface Call<Item, Result> {
  items: readonly Item[];
  resolve(results: Result[]): void;
  reject(error: unknown): void;
}

interface TogetherOptions<Item, Result> {
  /** Answers in the order of the items; safe to run again. */
  work(key: string, items: readonly Item[]): Promise<Result[]>;
  /** Calls that go into one, at most. */
  callsMax: number;
}

/**
 * One after the other for each key: calls that come while an earlier one goes on become one call of `work`, in the order
 * in which they came. When that throws, each is tried alone: nobody fails for another's reasons.
 */
export function together<Item, Result>({ work, callsMax }: TogetherOptions<Item, Result>) {
  /** Calls that wait for the one that goes on. */
  const waiting = new Map<string, Call<Item, Result>[]>();

  const answer = async (key: string, calls: readonly Call<Item, Result>[]) => {
    try {
      const results = await work(
        key,
        calls.flatMap(({ items }) => items),
      );
      let start = 0;
      for (const { items, resolve } of calls) {
        resolve(results.slice(start, start + items.length));
        start += items.length;
      }
    } catch (error) {
      const [only, ...others] = calls;
      if (others.length === 0) only?.reject(error);
      else for (const call of calls) await answer(key, [call]);
    }
  };

  const answerAll = async (key: string, calls: Call<Item, Result>[]) => {
    while (calls.length > 0) await answer(key, calls.splice(0, callsMax));
    waiting.delete(key);
  };

  return (key: string, items: readonly Item[]): Promise<Result[]> =>
    new Promise((resolve, reject) => {
      const call = { items, resolve, reject };
      const line = waiting.get(key);
      if (line) return void line.push(call);
      const calls = [call];
      waiting.set(key, calls);
      void answerAll(key, calls);
    });
}
