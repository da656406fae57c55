import { AppError } from "#lib/errors.ts";
import type { TransactionSql } from "#server/database/database.ts";
import type { ExecutionTarget } from "./begin-output.ts";
import { requireOwner } from "./require-owner.ts";

interface Charge extends ExecutionTarget {
  addedBytes: number;
  /** Of all outputs of the session. */
  quotaBytes: number;
}

/**
 * Counts bytes that are stored in the same transaction for the session's quota, and locks the session's row until that
 * ends: of several writers none goes beyond. Throws `too_large` when they do not fit, `gone` for a deleted session,
 * `conflict` when the session has another owner by now.
 */
export async function chargeBytes(
  tx: TransactionSql,
  { sessionId, generation, executionId, addedBytes, quotaBytes }: Charge,
): Promise<void> {
  const { count } = await tx`
    update sessions set output_bytes = output_bytes + ${addedBytes}
    where id = ${sessionId} and generation = ${generation} and deleted_at is null
      and output_bytes + ${addedBytes} <= ${quotaBytes}`;
  if (count === 1) return requireOwner(tx, { executionId });
  const [row] = await tx<{ usedBytes: number }[]>`
    select output_bytes::float8 as "usedBytes" from sessions
    where id = ${sessionId} and generation = ${generation} and deleted_at is null`;
  if (!row) throw new AppError("gone", "The session was deleted", { details: { sessionId } });
  throw quotaExceeded({ quotaBytes, usedBytes: row.usedBytes });
}

/** Gives back what was counted. */
export async function refundBytes(
  tx: TransactionSql,
  { sessionId, bytes }: { sessionId: string; bytes: number },
): Promise<void> {
  await tx`update sessions set output_bytes = output_bytes - ${bytes} where id = ${sessionId}`;
}

/** Says how much there is, so that whoever reads it knows what to delete. */
export const quotaExceeded = (details: { quotaBytes: number; usedBytes: number }) =>
  new AppError(
    "too_large",
    `The outputs of a session may take ${details.quotaBytes} bytes together, and ${details.usedBytes} are taken`,
    { details },
  );
