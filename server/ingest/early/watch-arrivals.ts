import { setTimeout as delay } from "node:timers/promises";
import type { Services } from "#server/services.ts";
import { type GrowingUpload, readArrivedBytes } from "./growing-uploads.ts";

export interface Patience {
  /** Between two looks at an upload that has no more bytes yet. */
  pollMs: number;
  /** Without a byte for so long, a reader makes place for others that wait … */
  stalledMs: number;
  /** … and after this in any case. */
  idleMs: number;
}

export interface WatchOptions {
  patience: Patience;
  signal: AbortSignal;
  /** Whether somebody else waits for the place. */
  isWanted: () => boolean;
  /** Told of the durable bytes with every look. */
  onArrived: (bytes: number) => void;
}

/**
 * Waits until an upload has more than `offset` bytes. `over` when it will not get any here: it is complete, given up or
 * deleted; `stalled` when none came for too long.
 */
export async function waitForBytes(
  services: Pick<Services, "database">,
  upload: GrowingUpload,
  { offset, patience, signal, isWanted, onArrived }: WatchOptions & { offset: number },
): Promise<"more" | "over" | "stalled"> {
  const { pollMs, stalledMs, idleMs } = patience;
  for (const sinceMs = performance.now(); ;) {
    const bytes = await readArrivedBytes(services, upload);
    if (bytes === null) return "over";
    onArrived(bytes);
    if (bytes > offset) return "more";
    const silentMs = performance.now() - sinceMs;
    if (silentMs >= idleMs || (silentMs >= stalledMs && isWanted())) return "stalled";
    await delay(pollMs, undefined, { signal });
  }
}
