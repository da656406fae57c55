import type { z } from "zod";
import type { Log } from "#server/log.ts";

export interface JobRun<Payload> {
  payload: Payload;
  /** Aborted when the queue takes the job away or the process stops. */
  signal: AbortSignal;
  log: Log;
}

/** One kind of work. `run` must be safe to run twice: a job is delivered at least once. */
export interface JobDefinition<Payload> {
  name: string;
  payload: z.ZodType<Payload>;
  maxAttempts: number;
  /** The queue takes a job back after this time, heartbeats or not; at most a day. */
  expiresInSeconds: number;
  run(job: JobRun<Payload>): Promise<void>;
}

/** Names the type of a job's payload once; the definition itself is unchanged. */
export const defineJob = <Payload>(definition: JobDefinition<Payload>) => definition;
