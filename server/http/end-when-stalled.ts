import type { ServerResponse } from "node:http";

/** A reader who takes no byte for so long has gone. */
const STALLED_MS = 60_000;

/** Breaks the connection of a reader who takes nothing of what waits for it; one that waits for more is left alone. */
export function endWhenStalled(response: ServerResponse, stalledMs = STALLED_MS): void {
  response.setTimeout(stalledMs, () => {
    if (response.writableNeedDrain) response.destroy();
  });
}
