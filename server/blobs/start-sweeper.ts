import type { Bus } from "#server/live/bus.ts";
import type { Log } from "#server/log.ts";
import { sweepBlobs } from "./sweep-blobs.ts";
import type { BlobServices } from "./write-blob.ts";

type SweeperServices = BlobServices & { log: Log; bus: Pick<Bus, "tell"> };

const INTERVAL_MS = 10 * 60_000;

/** Sweeps now and every ten minutes, one sweep at a time. Returns how to stop; what runs then runs to its end. */
export function startSweeper(services: SweeperServices): () => Promise<void> {
  const { log, bus } = services;
  let sweeping: Promise<void> | null = null;
  const sweep = () => {
    sweeping ??= sweepBlobs(services, { tell: (...news) => bus.tell(...news) })
      .then((swept) => log.debug(swept, "blobs swept"))
      .catch((error: unknown) => log.warn({ err: error }, "blobs not swept, to be tried again"))
      .finally(() => (sweeping = null));
  };
  sweep();
  const timer = setInterval(sweep, INTERVAL_MS);
  return async () => {
    clearInterval(timer);
    await sweeping;
  };
}
