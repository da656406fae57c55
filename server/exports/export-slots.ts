import { AppError } from "#lib/errors.ts";

/** Places for those who do something expensive at one time; the others wait in turn. */
export interface Slots {
  /**
   * Resolves with how to give the place back, which is safe to do twice. Throws `unavailable` with
   * `retryAfterSeconds` when none became free in time or too many wait already, and the signal's reason.
   */
  take(signal: AbortSignal): Promise<() => void>;
  /** Taken places. */
  readonly takenCount: number;
}

interface SlotOptions {
  count: number;
  waitMs: number;
  maxWaiting: number;
}

export function createSlots({ count, waitMs, maxWaiting }: SlotOptions): Slots {
  let takenCount = 0;
  const waiting = new Set<() => void>();

  const giveBack = () => {
    takenCount -= 1;
    const [next] = waiting;
    next?.();
  };
  const occupy = () => {
    takenCount += 1;
    let isTaken = true;
    return () => {
      if (isTaken) giveBack();
      isTaken = false;
    };
  };
  const wait = (signal: AbortSignal) =>
    new Promise<() => void>((resolve, reject) => {
      const leave = (settle: () => void) => {
        clearTimeout(timer);
        waiting.delete(admit);
        signal.removeEventListener("abort", abandon);
        settle();
      };
      const admit = () => leave(() => resolve(occupy()));
      const abandon = () => leave(() => reject(signal.reason as Error));
      const timer = setTimeout(() => leave(() => reject(busy(waitMs))), waitMs);
      waiting.add(admit);
      signal.addEventListener("abort", abandon, { once: true });
    });

  return {
    get takenCount() {
      return takenCount;
    },
    async take(signal) {
      signal.throwIfAborted();
      if (takenCount < count) return occupy();
      if (waiting.size >= maxWaiting) throw busy(waitMs);
      return wait(signal);
    },
  };
}

const busy = (waitMs: number) =>
  new AppError("unavailable", "Too many exports are being made right now; try again soon", {
    details: { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)) },
  });
