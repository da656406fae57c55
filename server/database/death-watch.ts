import type { Database, Sql, TransactionSql } from "./database.ts";
import { findOsProcessState, readOwnOsProcess, type OsProcess } from "./os-process.ts";

/** All who lost the database at one time have it back within this time after the first of them (see `holdLock`). */
const MISSING_MS = 3_000;

/** What is left to do for a dead process: fail its jobs, free its leases. Runs in the transaction that forgets it. */
export type Bury = (processId: string, tx: TransactionSql) => Promise<void>;

export interface DeathWatch {
  /**
   * Looks at all registered processes but our own, runs `bury` for each that is dead and forgets it, in one
   * transaction per process. Of several undertakers one buries. A process whose `bury` fails stays for the next look
   * and does not keep the others from their burial. Returns the ids of those that were buried. One look at a time.
   */
  buryDead(bury: Bury): Promise<string[]>;
}

interface DeathWatchOptions {
  database: Pick<Database, "sql">;
  /** Our own. While it does not hold its lock, nobody is missed. */
  processId: string;
}

/**
 * Tells the dead from the living. A process whose lock is free is dead when the operating system, where it is also
 * ours, says that it is gone; it lives when that says that it runs. Of any other we only know that it lost the
 * database, as we may have a moment ago: it is dead when it is missing for 3 s in which our own lock was never lost.
 */
export function createDeathWatch({ database: { sql }, processId }: DeathWatchOptions): DeathWatch {
  const own = readOwnOsProcess();
  let ownHolder: string | null = null;
  /** Process id -> when its lock was first found free, by the monotonic clock. */
  let missingSince = new Map<string, number>();

  const findDead = async (): Promise<ListedProcess[]> => {
    const startedMs = performance.now();
    const listed = await readProcesses(sql);
    const seenMs = performance.now();
    const holder = listed.find(({ id }) => id === processId)?.holder ?? null;
    const before =
      holder !== null && holder === ownHolder ? missingSince : new Map<string, number>();
    ownHolder = holder;
    missingSince = new Map();

    return listed.filter((entry) => {
      if (entry.id === processId || entry.holder !== null) return false;
      const state = entry.osProcess ? findOsProcessState(entry.osProcess, own) : "unknown";
      if (state !== "unknown") return state === "gone";
      const sinceMs = before.get(entry.id) ?? seenMs;
      missingSince.set(entry.id, sinceMs);
      return startedMs - sinceMs >= MISSING_MS;
    });
  };

  const buryDead = async (bury: Bury): Promise<string[]> => {
    const dead = await findDead().catch((error: unknown) => {
      missingSince.clear();
      throw error;
    });
    const buried: string[] = [];
    const errors: unknown[] = [];
    for (const entry of dead) {
      try {
        if (await buryUnlessBack(sql, entry, bury)) buried.push(entry.id);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0)
      throw new AggregateError(errors, `${errors.length} dead process(es) could not be buried`);
    return buried;
  };
  return { buryDead };
}

interface ListedProcess {
  id: string;
  lockKey: string;
  /** Which connection holds its lock: never the same again once it was lost. Null when the lock is free. */
  holder: string | null;
  osProcess: OsProcess | null;
}

/** Only looks at the locks: trying one would make it look taken to another undertaker. */
function readProcesses(sql: Sql): Promise<ListedProcess[]> {
  return sql<ListedProcess[]>`
    select id, lock_key as "lockKey",
      holder.pid::text || ' ' || pg_postmaster_start_time()::text as holder,
      case when process_table is not null then json_build_object(
        'processTable', process_table, 'pid', processes.pid, 'startTicks', start_ticks
      ) end as "osProcess"
    from processes
    left join pg_locks as holder
      on holder.locktype = 'advisory' and holder.granted and holder.objsubid = 1
        and holder.database = (select oid from pg_database where datname = current_database())
        and (holder.classid::bigint << 32 | holder.objid::bigint) = lock_key
    order by id`;
}

function buryUnlessBack(sql: Sql, { id, lockKey }: ListedProcess, bury: Bury): Promise<boolean> {
  return sql.begin(async (tx) => {
    const [row] = await tx<
      { free: boolean }[]
    >`select pg_try_advisory_xact_lock(${lockKey}) as free`;
    if (!row?.free) return false;
    // The lock is free as well after another undertaker is done, or after the process left in order.
    const left = await tx`select 1 from processes where id = ${id} for update`;
    if (left.length === 0) return false;
    await bury(id, tx);
    await tx`delete from processes where id = ${id}`;
    return true;
  });
}
