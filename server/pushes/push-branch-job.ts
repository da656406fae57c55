import { z } from "zod";
import { defineJob } from "#server/queue/define-job.ts";

/** From the fetch to the answer of the git server. */
export const PUSH_MAX_MS = 15 * 60_000;

/** Sends a session's work to a branch; `run-push.ts` does it. */
export const pushBranchJob = defineJob({
  name: "push-branch",
  payload: z.object({ pushId: z.string() }),
  maxAttempts: 3,
  expiresInSeconds: PUSH_MAX_MS / 1_000 + 60,
});

/** Queue of the pushes whose files are on that host. */
export const hostPushQueue = (hostId: string) => `${pushBranchJob.name}-${hostId}`;
