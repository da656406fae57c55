import { isAppError } from "#lib/errors.ts";
import type { Services } from "#server/services.ts";
import { openInbox } from "../inbox.ts";
import { type Lease, takeLease } from "../lease.ts";
import { listWaitingSessions } from "../slot-position.ts";
import type { Slots } from "../slots.ts";
import type { Drain } from "../session-worker.ts";
import { SessionActor } from "./session-actor.ts";
import { removeSessionFolder } from "./remove-stray-workspaces.ts";

interface RunOptions {
  drain: Drain;
  slots: Slots;
  /** The queue took the job away. */
  signal: AbortSignal;
}

/**
 * Acts for a session until it has nothing left to do. Ends at once when somebody else owns it. Safe to run twice and
 * at the same time: the lease decides, and its fence guards every write.
 */
export async function runSession(
  services: Services,
  { sessionId, generation }: { sessionId: string; generation: number },
  { drain, slots, signal }: RunOptions,
): Promise<void> {
  const { database, environment, processId, bus } = services;
  const log = services.log.child({ sessionId });
  const lease = await takeLease(database, {
    sessionId,
    generation,
    processId,
    leaseMs: environment.LEASE_MS,
    log,
  });
  if (lease === null) {
    await removeSessionFolder(services, { sessionId, generation });
    return;
  }
  // Whoever waits behind this session moves up.
  const waiting = await listWaitingSessions(database.sql);
  bus.tell(...waiting.map((session) => ({ kind: "state" as const, ...session })));
  const inbox = openInbox(bus, (news) => {
    // An idle actor also hears of others, who may need its slot.
    return news.kind === "wake" && (news.sessionId === sessionId || actor.isIdle);
  });
  const mustStop = AbortSignal.any([lease.lost, signal, drain.over]);
  const actor = new SessionActor({ ...services, log }, { lease, inbox, drain, slots, mustStop });
  try {
    await actor.act();
  } catch (error) {
    if (!isLoss(error, lease)) throw error;
    log.info({ err: error }, "the session is no longer this worker's");
    await removeSessionFolder(services, { sessionId, generation });
  } finally {
    await actor.stopAgent();
    inbox.close();
    lease.stopRenewal();
    await giveLeaseBack(services, lease).catch((error: unknown) => {
      log.warn({ err: error }, "lease not given back, it runs out by itself");
    });
  }
}

/** Deleted, or owned by another worker: there is nothing left for this one to do. */
function isLoss(error: unknown, lease: Lease): boolean {
  if (lease.lost.aborted) return true;
  return isAppError(error) && (error.code === "gone" || error.code === "conflict");
}

/** For the paths that did not release it in a transaction of their own; a later owner's is left alone. */
async function giveLeaseBack(
  { database }: Pick<Services, "database">,
  lease: Lease,
): Promise<void> {
  await database.sql`
    update leases set process_id = null, expires_at = null
    where session_id = ${lease.sessionId} and fence = ${lease.fence}`;
}
