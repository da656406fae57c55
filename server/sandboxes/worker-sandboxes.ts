import { setTimeout } from "node:timers/promises";
import type { Database } from "#server/database/database.ts";
import type { Services } from "#server/services.ts";
import type { SandboxDriver } from "./sandbox.ts";

/** What no session of a server may go beyond, where it is enforced. */
export interface SandboxLimits {
  memoryBytes: number;
  processCount: number;
  /** Of all files of a session. */
  diskBytes: number;
}

/** What the sessions of a worker run in: pages may come from another process, which has a sandbox of its own or none. */
export interface WorkerSandbox extends Pick<SandboxDriver, "name" | "isIsolating" | "gaps"> {
  /** Left out by servers of an older version. */
  limits?: SandboxLimits;
}

type Limits = Pick<
  Services["environment"],
  "SESSION_MEMORY_MAX_BYTES" | "SESSION_PROCESSES_MAX" | "SESSION_DISK_MAX_BYTES"
>;

export const readSandboxLimits = (environment: Limits): SandboxLimits => ({
  memoryBytes: environment.SESSION_MEMORY_MAX_BYTES,
  processCount: environment.SESSION_PROCESSES_MAX,
  diskBytes: environment.SESSION_DISK_MAX_BYTES,
});

export const tellSandbox = (
  { name, isIsolating, gaps }: SandboxDriver,
  environment: Limits,
): WorkerSandbox => ({ name, isIsolating, gaps, limits: readSandboxLimits(environment) });

/**
 * Of the worker that runs the session; while none does, of the workers on its machine, where they differ the one that
 * enforces least. Null where there is none.
 */
export async function findWorkerSandbox(
  { sql }: Database,
  { sessionId, hostId }: { sessionId: string; hostId: string },
): Promise<WorkerSandbox | null> {
  const [row] = await sql<{ sandbox: WorkerSandbox }[]>`
    select sandbox from processes
    left join leases on leases.process_id = processes.id and leases.session_id = ${sessionId}
    where slots > 0 and sandbox is not null
      and (leases.session_id is not null or host_id = ${hostId})
    order by leases.session_id is null, (sandbox->>'isIsolating')::boolean,
      jsonb_array_length(sandbox->'gaps') desc
    limit 1`;
  return row?.sandbox ?? null;
}

/** Of all workers, each with its machine. */
export function listWorkerSandboxes({
  sql,
}: Database): Promise<{ hostId: string; sandbox: WorkerSandbox }[]> {
  return sql`
    select host_id as "hostId", sandbox from processes
    where slots > 0 and sandbox is not null order by started_at, id`;
}

type Needs = Pick<Services, "database" | "sandboxDriver" | "log">;

const MEMORY_MS = 5_000;
const WAIT_MS = 300;

interface Memory {
  /** Infinity while it is being read. */
  readAtMs: number;
  reading: Promise<void>;
  isIsolating: boolean;
}

const memories = new WeakMap<Database, Memory>();

/**
 * Whether every worker keeps its sessions apart from its machine; where there is none, whether this process would. Some
 * seconds old. Neither waits long nor fails: pages say something without the database, too.
 */
export async function doWorkersIsolate(services: Needs): Promise<boolean> {
  const { database, sandboxDriver, log } = services;
  const nowMs = performance.now();
  const memory = memories.get(database) ?? {
    readAtMs: -Infinity,
    reading: Promise.resolve(),
    isIsolating: sandboxDriver.isIsolating,
  };
  memories.set(database, memory);
  if (nowMs - memory.readAtMs > MEMORY_MS) {
    // Not asked again before there is an answer.
    memory.readAtMs = Infinity;
    memory.reading = readIsolation(services)
      .then(
        (isIsolating) => void (memory.isIsolating = isIsolating),
        (error: unknown) => log.warn({ err: error }, "what workers isolate is not known"),
      )
      .finally(() => (memory.readAtMs = performance.now()));
  }
  await Promise.race([memory.reading, setTimeout(WAIT_MS, undefined, { ref: false })]);
  return memory.isIsolating;
}

/** `doWorkersIsolate` as it is now. */
export async function readIsolation({
  database,
  sandboxDriver,
}: Pick<Needs, "database" | "sandboxDriver">): Promise<boolean> {
  const [row] = await database.sql<{ isolate: boolean | null }[]>`
    select bool_and((sandbox->>'isIsolating')::boolean) as isolate from processes
    where slots > 0 and sandbox is not null`;
  return row?.isolate ?? sandboxDriver.isIsolating;
}
