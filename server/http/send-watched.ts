import type { ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { endWhenStalled } from "./end-when-stalled.ts";
import type { WatchedAccess } from "./stream-access.ts";

/**
 * Sends bytes until they end, or the right to read them does, or a minute passes in which none is taken: then the
 * connection breaks, and tells it.
 */
export async function sendWatched(
  response: ServerResponse,
  stream: Readable,
  { ended, leave }: WatchedAccess,
): Promise<void> {
  const cut = () => response.destroy();
  // To be removed: a signal that was composed is kept, with all that listens to it, as long as its sources may abort.
  ended.addEventListener("abort", cut, { once: true });
  endWhenStalled(response);
  try {
    await pipeline(stream, response);
  } catch (error) {
    if (!ended.aborted) throw error;
  } finally {
    ended.removeEventListener("abort", cut);
    leave();
  }
}
