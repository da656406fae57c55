import { randomInt } from "node:crypto";
import type { WorkerSandbox } from "#server/sandboxes/worker-sandboxes.ts";
import type { Sql } from "./database.ts";
import { holdLock } from "./hold-lock.ts";
import { readOwnOsProcess } from "./os-process.ts";

/** Lock keys are random: large enough never to meet, small enough for a JavaScript number. */
const MAX_LOCK_KEY = 2 ** 48 - 1;

interface RegisterProcessOptions {
  url: string;
  processId: string;
  hostId: string;
  roles: readonly string[];
  /** Sessions that may run in it at one time; 0 where it is no worker. */
  slots: number;
  /** What its sessions run in; left out where it is no worker. */
  sandbox?: WorkerSandbox | undefined;
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
  const { url, processId, hostId, roles, slots, sandbox, onLost } = options;
  const sandboxJson = sandbox ? JSON.stringify(sandbox) : null;
  const lockKey = randomInt(1, MAX_LOCK_KEY);
  let listed = false;

  const take = async (sql: Sql): Promise<boolean> => {
    // Waits for the old connection of ours, should the server still believe in it. Lock before row, always: a row
    // with a free lock is a process that others miss.
    await sql`select pg_advisory_lock(${lockKey})`;
    if (listed) return (await sql`select 1 from processes where id = ${processId}`).length === 1;
    const os = readOwnOsProcess();
    await sql`
      insert into processes (id, host_id, process_table, pid, start_ticks, lock_key, roles, slots,
        sandbox)
      values (${processId}, ${hostId}, ${os?.processTable ?? null}, ${os?.pid ?? null},
        ${os?.startTicks ?? null}, ${lockKey}, ${roles.join(",")}, ${slots},
        ${sandboxJson}::text::jsonb)`;
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
