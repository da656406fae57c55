import { createDeferred } from "#lib/create-deferred.ts";

/** Places for jobs that run in this process at one time. */
export interface Slots {
  /** Resolves with how to give the place back, in the order of asking; rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<() => void>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];

  const giveBack = () => {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  };
  const once = (action: () => void) => {
    let done = false;
    return () => {
      if (!done) action();
      done = true;
    };
  };

  return {
    async take(signal) {
      signal.throwIfAborted();
      if (free > 0) {
        free -= 1;
        return once(giveBack);
      }
      const { promise, resolve, reject } = createDeferred<void>();
      waiting.push(resolve);
      const leave = () => {
        const place = waiting.indexOf(resolve);
        if (place !== -1) waiting.splice(place, 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      await promise.finally(() => signal.removeEventListener("abort", leave));
      return once(giveBack);
    },
  };
}
