import type { Database } from "#server/database/database.ts";
import { createDeathWatch } from "#server/database/death-watch.ts";
import type { Bus } from "#server/live/bus.ts";
import type { DurableNews } from "#server/live/bus-message.ts";
import { collectNews } from "#server/live/transact.ts";
import type { Log } from "#server/log.ts";
import { buryProcess } from "./bury-process.ts";

const INTERVAL_MS = 500;

export interface Undertaker {
  /** Whether other processes use the database, as of the last look. */
  hasPeers(): boolean;
  stop(): Promise<void>;
}

interface UndertakerOptions {
  database: Database;
  /** Told what became free. */
  bus: Pick<Bus, "tell">;
  processId: string;
  log: Log;
}

/** Buries dead processes, once before it resolves and twice a second from then on. */
export async function startUndertaker({
  database,
  bus,
  processId,
  log,
}: UndertakerOptions): Promise<Undertaker> {
  let peerCount = 0;
  const watch = createDeathWatch({ database, processId });
  const look = async () => {
    const news: DurableNews[] = [];
    const buried = await watch
      .buryDead(async (id, tx) => {
        collectNews(tx, news);
        news.push(...(await buryProcess(id, tx)));
      })
      // Also when one could not be buried: the others were. News of what was undone makes others look, no more.
      .finally(() => bus.tell(...news));
    if (buried.length > 0) log.warn({ buried }, "took over from processes that died");
    const [row] = await database.sql<{ count: number }[]>`
      select count(*)::int as count from processes where id <> ${processId}`;
    peerCount = row?.count ?? 0;
  };

  await look();
  let looking: Promise<void> | null = null;
  const timer = setInterval(() => {
    looking ??= look()
      .catch((error: unknown) => log.warn({ err: error }, "dead processes not looked for"))
      .finally(() => (looking = null));
  }, INTERVAL_MS);

  return {
    hasPeers: () => peerCount > 0,
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}
