import { createDeferred } from "#lib/create-deferred.ts";
import type { Bus } from "#server/live/bus.ts";
import type { BusMessage } from "#server/live/bus-message.ts";

/** A NOTIFY may be lost while the connection is down: the rows are read again at least this often. */
const REREAD_MS = 5_000;

/** What somebody waits on between two looks at rows. */
export interface Inbox {
  /** Resolves at the next news, after `REREAD_MS`, or when a signal given to it aborts. */
  wait(...signals: AbortSignal[]): Promise<void>;
  close(): void;
}

/** Listens for news. What came since the last `wait` ends the next one at once. */
export function openInbox(bus: Bus, isNews: (message: BusMessage) => boolean): Inbox {
  let hasNews = false;
  let awaken: (() => void) | null = null;
  const onNews = () => {
    hasNews = true;
    awaken?.();
  };
  const unsubscribe = bus.subscribe((message) => {
    if (isNews(message)) onNews();
  });
  const unsubscribeReconnect = bus.onReconnect(onNews);

  return {
    async wait(...signals) {
      if (!hasNews && !signals.some(({ aborted }) => aborted)) {
        const { promise, resolve } = createDeferred<void>();
        const timer = setTimeout(resolve, REREAD_MS);
        const wake = () => resolve();
        awaken = wake;
        // Some of them live as long as the process: each wait takes along what it has left there.
        for (const signal of signals) signal.addEventListener("abort", wake, { once: true });
        await promise;
        clearTimeout(timer);
        for (const signal of signals) signal.removeEventListener("abort", wake);
      }
      awaken = null;
      hasNews = false;
    },
    close() {
      unsubscribe();
      unsubscribeReconnect();
    },
  };
}
