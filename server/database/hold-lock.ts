import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";
import { log } from "#server/log.ts";
import type { Sql } from "./database.ts";

const RETRY_MS = 200;
const CLOSE_TIMEOUT_S = 2;
const CONNECT_TIMEOUT_S = 5;
const KEEP_ALIVE_S = 1;

/** A machine that lost power is noticed by the server after about 11 s; the default is 2 h. */
const keepAlive = { tcp_keepalives_idle: 5, tcp_keepalives_interval: 2, tcp_keepalives_count: 3 };

interface HoldLockOptions {
  url: string;
  /**
   * Takes session-level advisory locks on `sql`, which has one connection. Runs once at the start and again whenever
   * that connection was lost, until it succeeds; false means that the lock is lost for good.
   */
  take: (sql: Sql) => Promise<boolean>;
  /** Called at most once, when `take` gave up after a lost connection. */
  onLost: () => void;
}

export interface HeldLock {
  /** The connection that holds the lock. */
  sql: Sql;
  /** Ends the connection, and the lock with it; never takes it again. */
  release(): Promise<void>;
}

type HoldState = "taking" | "held" | "ended";

/**
 * Holds a lock for as long as the process lives, on a connection of its own. The server gives the lock back the
 * moment that connection ends, so a killed process is known to be dead within milliseconds. Throws when the lock
 * cannot be taken at the start.
 */
export async function holdLock({ url, take, onLost }: HoldLockOptions): Promise<HeldLock> {
  let state: HoldState = "taking";
  let closeCount = 0;
  const sql = openLockConnection(url, () => {
    closeCount += 1;
    if (state === "held") void takeAgain();
  });

  /** What `take` did counts only when one connection was there from its first statement to its last. */
  const takeOnOneConnection = async () => {
    const closeCountBefore = closeCount;
    const taken = await take(sql);
    if (taken && closeCount !== closeCountBefore)
      throw new Error("The connection was lost while a lock was taken");
    return taken;
  };

  const release = async () => {
    state = "ended";
    await sql.end({ timeout: CLOSE_TIMEOUT_S });
  };
  const takeAgain = async () => {
    state = "taking";
    const taken = await retry(takeOnOneConnection, { until: () => hasEnded() });
    if (hasEnded()) return;
    if (taken) {
      state = "held";
      return;
    }
    await release();
    onLost();
  };
  // A function, because the compiler does not see that `state` changes while we wait.
  const hasEnded = () => state === "ended";

  try {
    if (!(await takeOnOneConnection())) throw new Error("The lock is held by another process");
    state = "held";
    return { sql, release };
  } catch (error) {
    await release();
    throw error;
  }
}

function openLockConnection(url: string, onclose: () => void): Sql {
  return postgres(url, {
    max: 1,
    // The driver would end the connection after about an hour, and the lock with it.
    max_lifetime: null,
    // Short, so that after a time without a network the next attempt is never far.
    connect_timeout: CONNECT_TIMEOUT_S,
    // We must notice as soon as the server that it is gone: the driver's 60 s would leave us without our lock.
    keep_alive: KEEP_ALIVE_S,
    fetch_types: false,
    backoff: () => RETRY_MS / 1_000,
    onnotice: () => {},
    connection: { application_name: "millrace", ...keepAlive },
    onclose,
  });
}

/** Tries until it works or is not wanted any more (then null); a failure is logged the first time. */
async function retry<T>(
  attempt: () => Promise<T>,
  { until }: { until: () => boolean },
): Promise<T | null> {
  for (let failureCount = 0; !until(); failureCount += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (failureCount === 0 && !until())
        log.warn({ err: error }, "a lock's connection is lost; trying again");
      await delay(RETRY_MS);
    }
  }
  return null;
}
