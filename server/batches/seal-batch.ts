import { AppError } from "#lib/errors.ts";
import { type NewsServices, transact } from "#server/live/transact.ts";
import { countLines } from "./count-lines.ts";

/**
 * Ends the coming of lines. Safe to repeat. Throws `conflict` for a batch that was aborted, or that expects more lines
 * than it has.
 */
export async function sealBatch(services: NewsServices, batchId: string): Promise<void> {
  const state = await transact(services, (tx) =>
    countLines(tx, batchId, { change: {}, isSealing: true }),
  );
  if (state === "aborted") throw aborted(batchId);
  if (state !== "open") return;
  throw new AppError("conflict", "Not all lines that the batch expects are there", {
    details: { batchId, batchState: "open" },
  });
}

/** `batchState` tells it apart from conflicts that pass by themselves. */
export const aborted = (batchId: string) =>
  new AppError("conflict", "The batch was aborted", {
    details: { batchId, batchState: "aborted" },
  });
