import { setTimeout } from "node:timers/promises";
import type { Database } from "#server/database/database.ts";
import type { Services } from "#server/services.ts";
import type { SandboxDriver } from "./sandbox.ts";

/** What the sessions of a worker run in: pages may come from another process, which has a sandbox of its own or none. */
export type WorkerSandbox = Pick<SandboxDriver, "name" | "isIsolating" | "gaps">;

export const tellSandbox = ({ name, isIsolating, gaps }: SandboxDriver): WorkerSandbox => ({
  name,
  isIsolating,
  gaps,
});

/** Of the workers on a machine; where they differ, the one that isolates least. Null where there is none. */
export async function findWorkerSandbox(
  { sql }: Database,
  hostId: string,
): Promise<WorkerSandbox | null> {
  const [row] = await sql<{ sandbox: WorkerSandbox }[]>`
    select sandbox from processes
    where host_id = ${hostId} and slots > 0 and sandbox is not null
    order by (sandbox->>'isIsolating')::boolean, jsonb_array_length(sandbox->'gaps') desc limit 1`;
  return row?.sandbox ?? null;
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
