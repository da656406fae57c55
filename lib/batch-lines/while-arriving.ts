import { BATCH_IDLE_MS } from "#lib/limits.ts";

const NOTE_MS = BATCH_IDLE_MS / 10;

/**
 * Does `work`, which brings what lines of a batch will name, and every three minutes has `note` tell the server that they
 * are on their way, as a request without lines does: a batch without news is given up. A note that fails is followed by
 * the next one; what is wrong, `work` will hear.
 */
export async function whileArriving<Result>(
  note: () => Promise<unknown>,
  work: () => Promise<Result>,
): Promise<Result> {
  const timer = setInterval(() => void note().catch(() => {}), NOTE_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
