import { randomInt } from "node:crypto";
import type { Database, Sql, TransactionSql } from "./database.ts";
import { holdLock } from "./hold-lock.ts";

/** Lock keys are random: large enough never to meet, small enough for a JavaScript number. */
const MAX_LOCK_KEY = 2 ** 48 - 1;

interface RegisterProcessOptions {
  url: string;
  processId: string;
  hostId: string;
  roles: readonly string[];
  /** Sessions that may run in it at one time; 0 where it is no worker. */
  slots: number;
  /** The process was declared dead while its connection was gone: what it owned is taken by others, so it must end. */
  onLost: () => void;
}

export interface RegisteredProcess {
  processId: string;
  /** Takes the process off the list and gives its lock back. */
  release(): Promise<void>;
}

/**
 * Puts this process on the list of living ones and holds its lock on a connection of its own until `release`. When
 * that connection is lost the lock is taken again on a new one, however long the server is away; `onLost` is called
 * when the process was buried in between.
 */
export async function registerProcess(options: RegisterProcessOptions): Promise<RegisteredProcess> {
  const { url, processId, hostId, roles, slots, onLost } = options;
  const lockKey = randomInt(1, MAX_LOCK_KEY);
  let listed = false;

  const take = async (sql: Sql): Promise<boolean> => {
    // Waits for the old connection of ours, should the server still believe in it. Lock before row, always: a row
    // with a free lock is a dead process.
    await sql`select pg_advisory_lock(${lockKey})`;
    if (listed) return (await sql`select 1 from processes where id = ${processId}`).length === 1;
    await sql`
      insert into processes (id, host_id, lock_key, roles, slots)
      values (${processId}, ${hostId}, ${lockKey}, ${roles.join(",")}, ${slots})`;
    listed = true;
    return true;
  };

  const lock = await holdLock({ url, take, onLost });
  const release = async () => {
    try {
      await lock.sql`delete from processes where id = ${processId}`;
    } finally {
      await lock.release();
    }
  };
  return { processId, release };
}

/** What is left to do for a dead process: fail its jobs, free its leases. Runs in the transaction that forgets it. */
export type Bury = (processId: string, tx: TransactionSql) => Promise<void>;

/**
 * Finds the registered processes whose lock nobody holds, runs `bury` for each and forgets it, in one transaction per
 * process. Never touches a living one, and of two undertakers one buries. A process whose `bury` fails stays for the
 * next call and does not keep the others from their burial. Returns the ids of those that were buried.
 */
export async function buryDeadProcesses(
  { sql }: Pick<Database, "sql">,
  bury: Bury,
): Promise<string[]> {
  const listed = await sql<{ id: string; lockKey: string }[]>`
    select id, lock_key as "lockKey" from processes order by id`;
  const buried: string[] = [];
  const errors: unknown[] = [];
  for (const entry of listed) {
    try {
      if (await buryIfDead(sql, entry, bury)) buried.push(entry.id);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0)
    throw new AggregateError(errors, `${errors.length} dead process(es) could not be buried`);
  return buried;
}

function buryIfDead(
  sql: Sql,
  { id, lockKey }: { id: string; lockKey: string },
  bury: Bury,
): Promise<boolean> {
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
