import { createSlots } from "#server/queue/slots.ts";
import type { Services } from "#server/services.ts";
import { hostPushQueue, pushBranchJob } from "./push-branch-job.ts";
import { runPush } from "./run-push.ts";

/** Pushes that one process works on at one time. */
const PUSHES_AT_ONCE = 2;

/** Sends branches of sessions whose files are on this host, or kept for all; ends with the queue. */
export async function startPushWorker(services: Services): Promise<void> {
  const { queue, hostId, draining } = services;
  await queue.work(
    pushBranchJob,
    ({ payload, signal }) =>
      runPush(services, payload.pushId, { signal: AbortSignal.any([signal, draining]) }),
    {
      concurrency: createSlots(PUSHES_AT_ONCE),
      queueNames: [hostPushQueue(hostId), pushBranchJob.name],
    },
  );
}
