import { AppError, isAppError } from "#lib/errors.ts";
import { transact } from "#server/live/transact.ts";
import { killProcessesOfHome } from "#server/sandboxes/kill-stray-process.ts";
import type { Services } from "#server/services.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { isOwnershipLost } from "../change-session.ts";
import { enqueueRun } from "../enqueue-run.ts";
import { openInbox } from "../inbox.ts";
import { type Lease, takeLease } from "../lease.ts";
import { outlastOutage } from "../outlast-outage.ts";
import { listWaitingSessions } from "../slot-position.ts";
import type { Drain } from "../session-worker.ts";
import { findRestore } from "./restore-workspace.ts";
import { SessionActor } from "./session-actor.ts";
import { removeFolderOfGone } from "./remove-stray-workspaces.ts";

const STRAY_GRACE_MS = 500;
/** How long an agent may take to end its turn when the process ends, or somebody else goes on with the session. */
const LAST_TURN_GRACE_MS = 2_000;

interface RunOptions {
  drain: Drain;
  /** The queue took the job away. */
  signal: AbortSignal;
}

/**
 * Acts for a session until it has nothing left to do. Ends at once when somebody else owns it. Safe to run twice and
 * at the same time: the lease decides, and its fence guards every write. After an outage of the database it rejects only
 * when the database is back, so that the queue learns of it.
 */
export async function runSession(
  services: Services,
  { sessionId, generation }: { sessionId: string; generation: number },
  { drain, signal }: RunOptions,
): Promise<void> {
  const { database, environment, processId } = services;
  const log = services.log.child({ sessionId });
  const lease = await takeLease(database, {
    sessionId,
    generation,
    processId,
    leaseMs: environment.LEASE_MS,
    log,
  });
  if (lease === null) return;
  const act = async () => {
    if (await passToItsHost(services, lease)) return;
    await actFor({ ...services, log }, lease, { drain, signal });
  };
  const failure = await act().then(
    () => null,
    (error: unknown) => ({ error }),
  );
  lease.stopRenewal();
  const giveBack = () => giveLeaseBack(services, lease);
  const wasOurs = await outlastOutage(giveBack, AbortSignal.any([signal, drain.over])).catch(
    (error: unknown) => log.warn({ err: error }, "lease not given back, it runs out by itself"),
  );
  if (failure === null) return;
  const isLost = wasOurs === false || isLoss(failure.error, lease);
  if (!isLost) throw failure.error;
  log.info({ err: failure.error }, "the session is no longer this worker's");
  await removeFolderOfGone(services, { sessionId, generation });
  // Nobody else has it either: the queue finds a worker sooner than whoever looks for lost sessions.
  if (wasOurs) throw new AppError("unavailable", "The lease ran out", { cause: failure.error });
}

async function actFor(
  services: Services,
  lease: Lease,
  { drain, signal }: RunOptions,
): Promise<void> {
  const { database, environment, bus } = services;
  const { sessionId, generation } = lease;
  const folders = workspaceFolders({ dataDir: environment.DATA_DIR, sessionId, generation });
  // What a worker that died has left running must not go on while somebody else decides what became of it.
  await killProcessesOfHome(folders.homePath, STRAY_GRACE_MS);
  // Whoever waits behind this session moves up.
  const waiting = await listWaitingSessions(database.sql);
  bus.tell(...waiting.map((session) => ({ kind: "state" as const, ...session })));
  const inbox = openInbox(bus, (news) => {
    // An idle actor also hears of others, who may need its slot.
    return news.kind === "wake" && (news.sessionId === sessionId || actor.isIdle);
  });
  const mustStop = AbortSignal.any([lease.lost, signal, drain.over]);
  const actor = new SessionActor(services, { lease, inbox, drain, mustStop });
  const overdue = limitLastTurn(actor, { mustStop, log: services.log });
  try {
    await actor.act();
  } finally {
    overdue.clear();
    await actor.stopAgent();
    inbox.close();
  }
}

/** A person's Stop waits longer for the agent; here it would outlive the process that watches it. */
function limitLastTurn(
  actor: SessionActor,
  { mustStop, log }: { mustStop: AbortSignal; log: Services["log"] },
) {
  let timer: NodeJS.Timeout | undefined;
  const endAgent = () => {
    actor.stopAgent().catch((error: unknown) => log.warn({ err: error }, "agent not stopped"));
  };
  const begin = () => (timer = setTimeout(endAgent, LAST_TURN_GRACE_MS));
  mustStop.addEventListener("abort", begin, { once: true });
  return {
    clear: () => {
      mustStop.removeEventListener("abort", begin);
      clearTimeout(timer);
    },
  };
}

/**
 * A session whose folder is on another host goes on there: without a checkpoint nobody else has its files. With one that
 * only that host can read, too, as long as it lives.
 */
async function passToItsHost(services: Services, lease: Lease): Promise<boolean> {
  const { sessionId, generation } = lease;
  const [elsewhere] = await services.database.sql<{ isAlive: boolean }[]>`
    select exists (
      select from processes where processes.host_id = workspaces.host_id and slots > 0
    ) as "isAlive"
    from workspaces
    where session_id = ${sessionId} and generation = ${generation}
      and host_id <> ${services.hostId} and state = 'prepared'`;
  if (!elsewhere) return false;
  const restore = await findRestore(services, lease);
  if (restore !== null && (restore.isStored || !elsewhere.isAlive)) return false;
  await transact(services, async (tx) => {
    await tx`
      update leases set process_id = null, expires_at = null
      where session_id = ${sessionId} and fence = ${lease.fence}`;
    await enqueueRun(tx, services.queue, { sessionId, generation, toItsHost: true });
  });
  return true;
}

/** Deleted, or owned by another worker: there is nothing left for this one to do. */
function isLoss(error: unknown, lease: Lease): boolean {
  if (lease.lost.aborted) return true;
  return isOwnershipLost(error) || (isAppError(error) && error.code === "gone");
}

/**
 * For the paths that did not release it in a transaction of their own; a later owner's is left alone. True when it was
 * still ours.
 */
async function giveLeaseBack(
  { database }: Pick<Services, "database">,
  lease: Lease,
): Promise<boolean> {
  const given = await database.sql`
    update leases set process_id = null, expires_at = null
    where session_id = ${lease.sessionId} and fence = ${lease.fence} and process_id is not null
    returning 1`;
  return given.length > 0;
}
