import { describeGaps as describe, type Gaps } from "#lib/batch-lines/describe-gaps.ts";
import { durationInWords } from "#lib/duration-in-words.ts";
import { BATCH_IDLE_MS } from "#lib/limits.ts";

/** Why a batch was not sealed, and what to do. */
export function describeGaps({ batchId, ...gaps }: Gaps & { batchId: string }): string {
  return (
    `The batch stays open: ${describe(gaps)}. ` +
    `Bring them within ${durationInWords(BATCH_IDLE_MS)} with --batch ${batchId}, ` +
    `or seal it as it is with \`millrace batch seal ${batchId} --allow-gaps\``
  );
}
