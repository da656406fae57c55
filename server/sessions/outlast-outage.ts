import { setTimeout as delay } from "node:timers/promises";
import { isDatabaseAway } from "#server/database/is-database-away.ts";

const RETRY_MS = 250;

/**
 * Does `work` again while the database is away, until `giveUp` is aborted; its error then comes through, as every other
 * does at once. `work` must be safe to run twice: an answer that was lost may have been a commit.
 */
export async function outlastOutage<Result>(
  work: () => Promise<Result>,
  giveUp: AbortSignal,
): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (giveUp.aborted || !isDatabaseAway(error)) throw error;
    }
    await delay(RETRY_MS, null, { signal: giveUp }).catch(() => {});
  }
}
