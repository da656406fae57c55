import type { z } from "zod";
import type { Log } from "#server/log.ts";

/** One kind of job, as producers and workers know it. */
export interface JobDefinition<Payload> {
  name: string;
  payload: z.ZodType<Payload>;
  maxAttempts: number;
  /** The queue takes a job back after this time, heartbeats or not; at most a day. */
  expiresInSeconds: number;
}

export interface JobRun<Payload> {
  payload: Payload;
  /** Aborted when the queue takes the job away. */
  signal: AbortSignal;
  log: Log;
}

/** Does the work; must be safe to run twice, because a job is delivered at least once. */
export type JobHandler<Payload> = (job: JobRun<Payload>) => Promise<void>;

/** Names the type of a job's payload once; the definition itself is unchanged. */
export const defineJob = <Payload>(definition: JobDefinition<Payload>) => definition;
