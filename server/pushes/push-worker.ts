import { transact } from "#server/live/transact.ts";
import { createSlots } from "#server/queue/slots.ts";
import type { Services } from "#server/services.ts";
import { hostPushQueue, pushBranchJob } from "./push-branch-job.ts";
import { runPush } from "./run-push.ts";

/** Pushes that one process works on at one time, of as many teams. */
const PUSHES_AT_ONCE = 2;
/** Until a push is looked at again whose team has another one under way. */
const PUT_OFF_SECONDS = 2;

/** Sends branches of sessions whose files are on this host, or kept for all; ends with the queue. */
export async function startPushWorker(services: Services): Promise<void> {
  const { queue, hostId, draining } = services;
  const busyTeams = new Set<string>();
  await queue.work(
    pushBranchJob,
    async ({ payload: { pushId }, signal }) => {
      const teamId = await findTeam(services, pushId);
      if (teamId === null) return;
      if (busyTeams.has(teamId)) return putOff(services, pushId);
      busyTeams.add(teamId);
      try {
        await runPush(services, pushId, { signal: AbortSignal.any([signal, draining]) });
      } finally {
        busyTeams.delete(teamId);
      }
    },
    {
      concurrency: createSlots(PUSHES_AT_ONCE),
      queueNames: [hostPushQueue(hostId), pushBranchJob.name],
    },
  );
}

async function findTeam(
  { database: { sql } }: Pick<Services, "database">,
  pushId: string,
): Promise<string | null> {
  const [row] = await sql<{ teamId: string }[]>`
    select team_id as "teamId" from branch_pushes join sessions on sessions.id = session_id
    where branch_pushes.id = ${pushId}`;
  return row?.teamId ?? null;
}

/** A git server that takes its time holds up its own team, and nobody else. */
const putOff = (services: Services, pushId: string) =>
  transact(services, (tx) =>
    services.queue.enqueue(
      pushBranchJob,
      { pushId },
      { tx, queueName: hostPushQueue(services.hostId), startAfterSeconds: PUT_OFF_SECONDS },
    ),
  );
