import type { Sql } from "#server/database/database.ts";
import type { Log } from "#server/log.ts";
import { type DurableNews, sendNews } from "./bus-message.ts";

const RETRY_MS = 500;
/** Identical news counts once, so this many are as many different sessions. */
const PENDING_MAX = 10_000;

export interface NewsSender {
  add(news: DurableNews[]): void;
  /** Resolves when everything is sent, or could not be once more. */
  close(): Promise<void>;
}

interface NewsSenderOptions {
  sql: Sql;
  processId: string;
  log: Log;
}

/**
 * Sends news of commits to the other processes, outside of the transactions: a commit with a NOTIFY holds up every
 * other such commit while its log is flushed. What comes while one statement is under way goes with the next.
 */
export function createNewsSender({ sql, processId, log }: NewsSenderOptions): NewsSender {
  let pending = new Map<string, DurableNews>();
  let sending: Promise<void> | null = null;
  let retryTimer: NodeJS.Timeout | null = null;
  let isClosed = false;

  const sendAll = async () => {
    while (pending.size > 0) {
      const batch = pending;
      pending = new Map();
      try {
        await sendNews(sql, [...batch.values()], processId);
      } catch (error) {
        log.warn({ err: error, count: batch.size }, "news not sent, to be tried again");
        pending = new Map([...batch, ...pending].slice(-PENDING_MAX));
        if (!isClosed) retryTimer ??= setTimeout(retry, RETRY_MS);
        return;
      }
    }
  };
  const start = () => {
    if (retryTimer !== null) return;
    sending ??= sendAll().finally(() => (sending = null));
  };
  const retry = () => {
    retryTimer = null;
    start();
  };

  return {
    add(news) {
      for (const message of news) pending.set(JSON.stringify(message), message);
      start();
    },
    async close() {
      isClosed = true;
      if (retryTimer !== null) clearTimeout(retryTimer);
      retryTimer = null;
      await sending;
      if (pending.size > 0) await sendAll();
    },
  };
}
