/** Bytes that may be held at one time by all who ask. */
export interface ByteBudget {
  /** Takes `bytes` when there is room for them and nobody waits; says so when not. */
  take(bytes: number): boolean;
  /** Takes `bytes` as soon as there is room for them, which comes in turn. Whoever is alone has room, however many. */
  wait(bytes: number): Promise<void>;
  give(bytes: number): void;
}

interface Waiter {
  bytes: number;
  admit: () => void;
}

/** When nobody was let in for `patienceMs`, the first who waits is let in without room. */
export function createByteBudget(
  maxBytes: number,
  { patienceMs = null }: { patienceMs?: number | null } = {},
): ByteBudget {
  let takenBytes = 0;
  let timer: NodeJS.Timeout | undefined;
  const waiters: Waiter[] = [];
  const hasRoom = (bytes: number) => takenBytes === 0 || takenBytes + bytes <= maxBytes;

  const watchFirst = () => {
    clearTimeout(timer);
    if (patienceMs !== null && waiters.length > 0) timer = setTimeout(admitFirst, patienceMs);
  };
  const admitFirst = () => {
    const first = waiters.shift();
    takenBytes += first?.bytes ?? 0;
    first?.admit();
    watchFirst();
  };
  const take = (bytes: number) => {
    if (waiters.length > 0 || !hasRoom(bytes)) return false;
    takenBytes += bytes;
    return true;
  };

  return {
    take,
    async wait(bytes) {
      if (take(bytes)) return;
      await new Promise<void>((admit) => {
        waiters.push({ bytes, admit });
        if (waiters.length === 1) watchFirst();
      });
    },
    give(bytes) {
      takenBytes -= bytes;
      while (waiters[0] && hasRoom(waiters[0].bytes)) admitFirst();
    },
  };
}

/** What one of many holds of a budget: `giveAll` is for its end, whatever it was. */
export function createShare(budget: ByteBudget) {
  let takenBytes = 0;
  const give = (bytes: number) => {
    takenBytes -= bytes;
    budget.give(bytes);
  };
  return {
    async wait(bytes: number): Promise<void> {
      await budget.wait(bytes);
      takenBytes += bytes;
    },
    give,
    giveAll: () => give(takenBytes),
  };
}
