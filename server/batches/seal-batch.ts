import { AppError } from "#lib/errors.ts";
import type { Database } from "#server/database/database.ts";

/**
 * Seals a batch that has all the lines that it expects; one statement, so that of many who come at once one does it.
 * Whoever stored lines calls it afterwards: the last of them sees all.
 */
export async function sealWhenComplete({ sql }: Database, batchId: string): Promise<void> {
  await sql`
    update batches set state = 'sealed', sealed_at = now()
    where id = ${batchId} and state = 'open'
      and expected_count = (select count(*) from batch_items where batch_id = ${batchId})`;
}

/**
 * Ends the coming of lines. Safe to repeat. Throws `conflict` for a batch that was aborted, or that expects more lines
 * than it has.
 */
export async function sealBatch({ sql }: Database, batchId: string): Promise<void> {
  const sealed = await sql`
    update batches set state = 'sealed', sealed_at = now()
    where id = ${batchId} and state = 'open' and (
      expected_count is null
      or expected_count = (select count(*) from batch_items where batch_id = ${batchId})
    ) returning 1`;
  if (sealed.length > 0) return;
  const [batch] = await sql<{ state: string }[]>`select state from batches where id = ${batchId}`;
  if (batch?.state === "aborted") throw aborted(batchId);
  if (batch?.state !== "open") return;
  throw new AppError("conflict", "Not all lines that the batch expects are there", {
    details: { batchId },
  });
}

export const aborted = (batchId: string) =>
  new AppError("conflict", "The batch was aborted", { details: { batchId } });
