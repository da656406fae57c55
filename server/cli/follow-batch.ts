import type { Batch } from "#lib/batch.ts";
import type { BatchClient } from "./batch-client.ts";
import { countLost } from "#lib/count-lost.ts";
import { countItems } from "./count-items.ts";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

/** The batch when it has ended, telling on the way how far it is. */
export async function followBatch(
  client: BatchClient,
  batchId: string,
  terminal: Terminal,
): Promise<Batch> {
  for (;;) {
    const batch = await client.followBatch(batchId);
    if (batch.finishedAt !== null || batch.state === "aborted") return batch;
    const { done, failed, running } = batch.counts;
    const share = (done + failed) / (batch.expectedCount ?? batch.received);
    terminal.progress(
      `${done} of ${batch.received} lines done, ${running} at work, ${failed} failed`,
      share,
    );
  }
}

/** How a batch does, in one line. */
export function describeBatch(batch: Batch): string {
  const { counts, received, conflictCount, unassignedCount, skippedItemCount, missingCount } =
    batch;
  return [
    `${counts.done} of ${received} lines done`,
    counts.failed > 0 && `${counts.failed} failed`,
    counts.cancelled > 0 && `${counts.cancelled} cancelled`,
    conflictCount > 0 && `${conflictCount} came again with other content`,
    unassignedCount > 0 && `${unassignedCount} without an index could not be read`,
    skippedItemCount > 0 && `${countItems(skippedItemCount)} skipped`,
    describeToCome(batch),
    missingCount > 0 && `${missingCount} missing`,
  ]
    .filter(Boolean)
    .join(", ");
}

/** Of a batch that was aborted, what has begun does not go on, and nothing else begins. */
function describeToCome({ state, counts: { queued, running } }: Batch): string | false {
  if (state === "aborted") return running > 0 && `${running} asked to stop`;
  return queued + running > 0 && `${queued + running} to come`;
}

/**
 * Complete: every line is done with all of its items. Partial: some are, or the batch goes on. Failed: none is, or the
 * batch was aborted. Who is detached does not wait for the end: so far nothing is wrong is complete, too.
 */
export function exitCodeOf(batch: Batch, { isDetached = false } = {}): ExitCode {
  const { state, counts } = batch;
  if (state === "aborted") return exitCodes.failed;
  const isRight = counts.failed + counts.cancelled + countLost(batch) === 0;
  if (isRight && (state === "done" || isDetached)) return exitCodes.complete;
  return state !== "done" || counts.done > 0 ? exitCodes.partial : exitCodes.failed;
}

export function abortedError({ batchId, message }: Batch): CommandError {
  const why = message === null ? "" : ` (${message})`;
  return new CommandError(
    exitCodes.failed,
    `${batchId} was aborted${why}; --new makes another batch of a file`,
  );
}
