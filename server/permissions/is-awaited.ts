import type { Fragment, TransactionSql } from "#server/database/database.ts";

/**
 * Of a row of `permission_requests`: the worker that waits for the answer still owns the session, without having lost it
 * meanwhile.
 */
export const isAwaited = (tx: TransactionSql): Fragment => tx`exists (
  select from executions
  join leases on leases.session_id = executions.session_id and leases.fence = executions.fence
  where executions.id = execution_id and expires_at > now()
)`;
