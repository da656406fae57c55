import { z } from "zod";
import { defineJob } from "#server/queue/define-job.ts";
import { sessionId } from "./new-session.ts";

/** The actor gives its job back well before the queue would take it. */
const DAY_SECONDS = 86_400;

/** Wakes the actor of a session; `run-session.ts` does the work. */
export const runSessionJob = defineJob({
  name: "run-session",
  payload: z.object({ sessionId, generation: z.number().int().positive() }),
  maxAttempts: 5,
  expiresInSeconds: DAY_SECONDS,
});

/** Queue of the sessions whose folders are on that host. */
export const hostQueueName = (hostId: string) => `${runSessionJob.name}-${hostId}`;
