import { AppError } from "#lib/errors.ts";
import type { TransactionSql } from "#server/database/database.ts";
import type { ExecutionTarget } from "./begin-output.ts";

/**
 * Throws `conflict` when the session of an agent's execution was taken over by another worker, or by the same one after
 * it had lost it: what a worker that was thought dead still brings is not stored. Until the transaction ends nobody takes
 * it over. The execution of a job, and none, need no owner. The session's row is locked before, as every writer does.
 */
export async function requireOwner(
  tx: TransactionSql,
  { executionId }: Pick<ExecutionTarget, "executionId">,
): Promise<void> {
  if (executionId === "") return;
  const owners = await tx`
    select from executions e
      join leases l on l.session_id = e.session_id and l.process_id = e.process_id
        and l.fence = coalesce(e.fence, l.fence)
    where e.id = ${executionId} and l.expires_at > clock_timestamp()
    for share of l`;
  if (owners.length > 0) return;
  const agents = await tx`select from executions where id = ${executionId}`;
  if (agents.length === 0) return;
  throw new AppError("conflict", "Another worker owns the session", { details: { executionId } });
}
