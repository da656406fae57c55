import type { Database } from "#server/database/database.ts";
import type { Log } from "#server/log.ts";

const FLUSH_MS = 5_000;
/** Shares that are viewed between two writes; more are written at once. */
const PENDING_MAX = 1_000;

interface Views {
  count: number;
  lastAt: Date;
}

/** Counts who opens shares, and writes it down together every few seconds: nobody who reads waits for it. */
export interface ShareViews {
  note(shareId: string): void;
  flush(): Promise<void>;
  /** Writes what is left. */
  close(): Promise<void>;
}

export function createShareViews({ sql }: Database, log: Log): ShareViews {
  let pending = new Map<string, Views>();

  const write = async () => {
    const views = pending;
    pending = new Map();
    if (views.size === 0) return;
    const entries = [...views];
    await sql`
      update shares set view_count = view_count + seen.count,
        last_viewed_at = greatest(last_viewed_at, seen.last_at::timestamptz)
      from unnest(
        ${entries.map(([shareId]) => shareId)}::text[],
        ${entries.map(([, { count }]) => count)}::int[],
        ${entries.map(([, { lastAt }]) => lastAt.toISOString())}::text[]
      ) as seen(id, count, last_at)
      where shares.id = seen.id`;
  };
  const flush = () =>
    write().catch((error: unknown) => log.warn({ err: error }, "views of shares were not counted"));
  const timer = setInterval(() => void flush(), FLUSH_MS);
  timer.unref();

  return {
    note(shareId) {
      const count = (pending.get(shareId)?.count ?? 0) + 1;
      pending.set(shareId, { count, lastAt: new Date() });
      if (pending.size >= PENDING_MAX) void flush();
    },
    flush,
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}
