import { setTimeout as delay } from "node:timers/promises";
import { expect, vi } from "vitest";
import type { Sql } from "#server/database/database.ts";
import { openCuttableProxy } from "#server/database/testing/cuttable-proxy.ts";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import { openBus } from "#server/live/bus.ts";
import { log } from "#server/log.ts";
import { openQueue } from "#server/queue/queue.ts";
import { startLivingProcess } from "./living-process.ts";

/** More than the time between two looks of an undertaker. */
const LOCKS_LATER_MS = 600;

interface BlipOptions {
  processIds: string[];
  /** How long each cut lasts, one after the other. */
  cutsMs: number[];
  /** Whether the processes know of each other's pid, as on one machine, or each is on a host of its own. */
  areOnOneHost: boolean;
}

/**
 * Takes the database away from living processes again and again, and expects each time that all of them come back.
 * Their queries find it again before the connections do that hold their locks, which is the worst order.
 */
export async function expectAllSurvive({ processIds, cutsMs, areOnOneHost }: BlipOptions) {
  const copy = await createTestDatabase();
  const queries = await openCuttableProxy(copy.url);
  const locks = await openCuttableProxy(copy.url);
  const { sql } = copy.database;
  await installQueue(copy);
  const processes = await Promise.all(
    processIds.map((processId) =>
      startLivingProcess({ url: queries.url, lockUrl: locks.url, processId }),
    ),
  );
  if (!areOnOneHost) await sql`update processes set process_table = id`;
  try {
    for (const cutMs of cutsMs) {
      await Promise.all([queries.cut(), locks.cut()]);
      await delay(cutMs);
      await queries.mend();
      await delay(LOCKS_LATER_MS);
      await locks.mend();
      await vi.waitUntil(
        async () =>
          processes.some((one) => one.isLost()) || (await countHeld(sql)) === processIds.length,
        { timeout: 10_000, interval: 20 },
      );
      expect(processes.filter((one) => one.isLost()).map((one) => one.processId)).toEqual([]);
      expect(await sql`select id from processes`).toHaveLength(processIds.length);
    }
  } finally {
    await Promise.allSettled(processes.map((one) => one.stop()));
    await queries.close();
    await locks.close();
    await copy.drop();
  }
}

/** A burial gives jobs back, so their tables must be there. */
export async function installQueue({ database, url: databaseUrl }: TestDatabase): Promise<void> {
  const options = { database, databaseUrl, processId: "installer", log };
  const bus = await openBus({ ...options, hasPeers: () => false });
  const queue = await openQueue({ ...options, bus, supervise: false });
  await queue.stop({ timeoutMs: 1_000 });
  await bus.close();
}

/** Registered processes whose lock is held. */
const countHeld = async (sql: Sql) =>
  (
    await sql`
      select 1 from pg_locks, processes
      where locktype = 'advisory' and granted
        and (classid::bigint << 32 | objid::bigint) = lock_key`
  ).length;
