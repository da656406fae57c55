import { createDeferred } from "#lib/create-deferred.ts";

/** Places for sessions that run an agent in this process. */
export interface Slots {
  /** Resolves with how to give the place back, in the order of asking; rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<() => void>;
  /** Those who wait for a place. */
  waitingCount(): number;
  /** Calls `listener` whenever somebody begins to wait; returns how to stop. */
  onWaiting(listener: () => void): () => void;
}

export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  const listeners = new Set<() => void>();

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
    waitingCount: () => waiting.length,
    onWaiting(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async take(signal) {
      signal.throwIfAborted();
      if (free > 0) {
        free -= 1;
        return once(giveBack);
      }
      const { promise, resolve, reject } = createDeferred<void>();
      waiting.push(resolve);
      for (const listener of listeners) listener();
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
