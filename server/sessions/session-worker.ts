import type { JobHandler } from "#server/queue/define-job.ts";
import { createSlots } from "#server/queue/slots.ts";
import { startMirrorKeeper } from "#server/workspaces/mirror-keeper.ts";
import { isMirrorInUse } from "./open-team-mirror.ts";
import type { Services } from "#server/services.ts";
import { removeFolderOfGone, removeStrayWorkspaces } from "./actor/remove-stray-workspaces.ts";
import { createActOnce } from "./act-once.ts";
import { isOwnedElsewhere } from "./lease.ts";
import { isStranded, reconcileSessions } from "./reconcile-sessions.ts";
import { startWorkspaceKeeper } from "./workspace-keeper.ts";
import { runSession } from "./actor/run-session.ts";
import { hostQueueName, runSessionJob } from "./run-session-job.ts";
import type { z } from "zod";

const RECONCILE_INTERVAL_MS = 15_000;

type RunSession = z.infer<typeof runSessionJob.payload>;

/** When a worker is asked to end: first gently, then for good. */
export interface Drain {
  /** Aborted when no new turn may begin. */
  begun: AbortSignal;
  /** Aborted when running turns must end. */
  over: AbortSignal;
}

export interface SessionWorker {
  /** Ends what runs in the background; jobs end through the queue. */
  stop(): Promise<void>;
}

/**
 * Runs sessions of everybody and those whose folders are on this host, `MAX_ACTIVE_SESSIONS` at one time. The slot comes
 * first: what this process has no slot for is left to others.
 */
export async function startSessionWorker(services: Services, drain: Drain): Promise<SessionWorker> {
  const { queue, environment, hostId, processId, database, sandbox, log } = services;
  const actOnce = createActOnce<RunSession>();

  const handle: JobHandler<RunSession> = ({ payload, signal }) => {
    const { sessionId } = payload;
    return actOnce(payload, {
      async run(called) {
        if (await isOwnedElsewhere(database, { sessionId, processId })) return;
        if (await removeFolderOfGone(services, called)) return;
        await runSession(services, called, { drain, signal });
      },
      isStranded: () => isStranded(database, sessionId),
    });
  };

  await removeStrayWorkspaces(services);
  const keeper = startMirrorKeeper({
    dataDir: environment.DATA_DIR,
    maxBytes: environment.MIRRORS_MAX_BYTES,
    timeoutMs: environment.CLONE_TIMEOUT_MS,
    isMirrorInUse: (path) => isMirrorInUse(services, path),
    sandbox,
  });
  const workspaceKeeper = startWorkspaceKeeper(services);
  await queue.work(runSessionJob, handle, {
    concurrency: createSlots(environment.MAX_ACTIVE_SESSIONS),
    queueNames: [hostQueueName(hostId), runSessionJob.name],
  });

  const reconcile = () => {
    reconcileSessions(services).catch((error: unknown) => {
      log.warn({ err: error }, "sessions not reconciled, to be tried again");
    });
  };
  reconcile();
  const timer = setInterval(reconcile, RECONCILE_INTERVAL_MS);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all([keeper.stop(), workspaceKeeper.stop()]);
    },
  };
}
