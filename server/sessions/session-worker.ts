import type { JobHandler } from "#server/queue/define-job.ts";
import type { Services } from "#server/services.ts";
import { removeStrayWorkspaces } from "./actor/remove-stray-workspaces.ts";
import { isOwned } from "./lease.ts";
import { reconcileSessions } from "./reconcile-sessions.ts";
import { runSession } from "./actor/run-session.ts";
import { hostQueueName, runSessionJob } from "./run-session-job.ts";
import { createSlots } from "./slots.ts";
import type { z } from "zod";

const RECONCILE_INTERVAL_MS = 60_000;

/** When a worker is asked to end: first gently, then for good. */
export interface Drain {
  /** Aborted when no new turn may begin. */
  begun: AbortSignal;
  /** Aborted when running turns must end. */
  over: AbortSignal;
}

export interface SessionWorker {
  /** Ends what runs in the background; jobs end through the queue. */
  stop(): void;
}

/** Runs sessions of everybody and those whose folders are on this host, `MAX_ACTIVE_SESSIONS` at one time. */
export async function startSessionWorker(services: Services, drain: Drain): Promise<SessionWorker> {
  const { queue, environment, hostId, database, log } = services;
  const slots = createSlots(environment.MAX_ACTIVE_SESSIONS);

  const handle: JobHandler<z.infer<typeof runSessionJob.payload>> = async ({ payload, signal }) => {
    // A surplus job takes no slot: whoever owns the session reads its rows again.
    if (await isOwned(database, payload.sessionId)) return;
    const free = await slots.take(AbortSignal.any([signal, drain.begun]));
    try {
      await runSession(services, payload, { drain, slots, signal });
    } finally {
      free();
    }
  };

  await removeStrayWorkspaces(services);
  const concurrency = environment.MAX_ACTIVE_SESSIONS;
  await queue.work(runSessionJob, handle, { concurrency });
  await queue.work(runSessionJob, handle, { concurrency, queueName: hostQueueName(hostId) });

  const reconcile = () => {
    reconcileSessions(services).catch((error: unknown) => {
      log.warn({ err: error }, "sessions not reconciled, to be tried again");
    });
  };
  reconcile();
  const timer = setInterval(reconcile, RECONCILE_INTERVAL_MS);
  return { stop: () => clearInterval(timer) };
}
