import type { TransactionSql } from "#server/database/database.ts";
import { announce } from "#server/live/bus-message.ts";
import { releaseJobsOfDeadProcess } from "#server/queue/running-jobs.ts";

/** Frees what a dead process owned, so that others take its sessions over at once. Part of its burial. */
export async function buryProcess(processId: string, tx: TransactionSql): Promise<void> {
  const freed = await tx<{ sessionId: string; teamId: string }[]>`
    update leases set process_id = null, expires_at = null
    from sessions
    where leases.process_id = ${processId} and sessions.id = leases.session_id
    returning session_id as "sessionId", team_id as "teamId"`;
  await releaseJobsOfDeadProcess(tx, processId);
  await announce(tx, ...freed.map((session) => ({ kind: "state" as const, ...session })));
}
