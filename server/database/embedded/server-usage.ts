import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";
import type { Log } from "#server/log.ts";
import { LOCK_SPACE, lockNumbers } from "../advisory-locks.ts";
import type { Sql } from "../database.ts";
import { holdLock, type HeldLock } from "../hold-lock.ts";
import { isRunning } from "./process-state.ts";

const POLL_MS = 20;
/** How long connections of processes that are ending may still be seen. */
const CONNECTIONS_END_MS = 2_000;
/** What is left of the 30 s that a process may take to end. */
const STOP_TIMEOUT_MS = 8_000;

/** Wrong password and the like: PostgreSQL's class of invalid authorization. */
const REFUSED = /^28/;

/**
 * Marks the server as in use by this process, for as long as it lives: a lock that all users share. Null when the
 * server went away instead of answering; throws when it does not accept our password.
 */
export async function useServer(url: string): Promise<HeldLock | null> {
  const take = async (sql: Sql) => {
    // Waits behind a process that is stopping the server, and then fails with it.
    await sql`select pg_advisory_lock_shared(${LOCK_SPACE}, ${lockNumbers.embeddedServerInUse})`;
    return true;
  };
  try {
    return await holdLock({ url, take, onLost: () => {} });
  } catch (error) {
    if (error instanceof postgres.PostgresError && REFUSED.test(error.code)) {
      throw new Error(
        "A PostgreSQL runs on the embedded database's folder, but refuses its password",
        { cause: error },
      );
    }
    return null;
  }
}

interface StopIfUnusedOptions {
  pid: number;
  usage: HeldLock;
  log: Log;
}

/**
 * Gives up our use of the server and stops it when nobody else uses it. Whoever holds the lock alone may stop it;
 * somebody who comes at that moment waits for the lock, loses its connection, and starts a server of its own.
 */
export async function stopIfUnused({ pid, usage, log }: StopIfUnusedOptions): Promise<void> {
  try {
    if (await isUnused(usage.sql)) {
      // Fast shutdown: ends all connections, ours included, and writes everything out.
      process.kill(pid, "SIGINT");
    } else {
      log.info({ pid }, "embedded PostgreSQL stays up: another process uses it");
      return;
    }
  } catch (error) {
    // It was killed, or somebody is stopping it already.
    log.warn({ err: error, pid }, "embedded PostgreSQL does not answer");
  } finally {
    await usage.release();
  }
  await waitForEnd(pid, log);
}

async function waitForEnd(pid: number, log: Log): Promise<void> {
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (await isRunning(pid)) {
    if (Date.now() > deadline) {
      log.warn({ pid }, "embedded PostgreSQL is still writing its data out; it ends by itself");
      return;
    }
    await delay(POLL_MS);
  }
}

/** Takes the lock alone, and makes sure that no process of ours came in through `DATABASE_URL`. */
async function isUnused(sql: Sql): Promise<boolean> {
  await sql`select pg_advisory_unlock_shared(${LOCK_SPACE}, ${lockNumbers.embeddedServerInUse})`;
  const [lock] = await sql<{ taken: boolean }[]>`
    select pg_try_advisory_lock(${LOCK_SPACE}, ${lockNumbers.embeddedServerInUse}) as taken`;
  if (!lock?.taken) return false;
  const deadline = Date.now() + CONNECTIONS_END_MS;
  for (;;) {
    const others = await sql`
      select 1 from pg_stat_activity
      where application_name = 'millrace' and pid <> pg_backend_pid() limit 1`;
    if (others.length === 0) return true;
    if (Date.now() > deadline) return false;
    await delay(POLL_MS);
  }
}
