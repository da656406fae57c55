import type { Services } from "#server/services.ts";
import { findGrowingUploads, type GrowingUpload } from "./growing-uploads.ts";
import { type EarlyPass, runEarlyPass } from "./run-early-pass.ts";
import type { Patience } from "./watch-arrivals.ts";

const LOOK_INTERVAL_MS = 2_000;
const defaultPatience: Patience = { pollMs: 1_000, stalledMs: 15_000, idleMs: 60_000 };
/** Uploads that this process remembers having read; one that is forgotten may be read once more. */
const REMEMBERED_MAX = 1_000;

export interface EarlyPasses {
  /** Resolves when none runs any more. */
  stop(): Promise<void>;
}

interface EarlyOptions {
  over: AbortSignal;
  patience?: Patience;
  lookIntervalMs?: number;
}

/**
 * Reads large uploads while they still arrive, `EARLY_INGEST_CONCURRENCY` at one time and one of a session. One that gets
 * no bytes gives way to those that wait; it is begun again, from its start, once twice as many have come: all
 * beginnings together read less than twice what arrives.
 */
export function startEarlyPasses(
  services: Services,
  { over, patience = defaultPatience, lookIntervalMs = LOOK_INTERVAL_MS }: EarlyOptions,
): EarlyPasses {
  const { environment, log } = services;
  const stopping = new AbortController();
  const signal = AbortSignal.any([over, stopping.signal]);
  /** By session. */
  const passes = new Map<string, Promise<void>>();
  const worthBytes = new Map<string, number>();
  let isWanted = false;

  const begin = (upload: GrowingUpload) => {
    const { sessionId, blobId } = upload;
    const pass = runEarlyPass(services, upload, { patience, signal, isWanted: () => isWanted });
    passes.set(
      sessionId,
      pass.then((ended) => {
        passes.delete(sessionId);
        remember(worthBytes, blobId, ended);
      }),
    );
  };

  const look = async () => {
    const freeCount = environment.EARLY_INGEST_CONCURRENCY - passes.size;
    const busySessionIds = [...passes.keys()];
    const limit = freeCount + 1;
    const found = await findGrowingUploads(services, { busySessionIds, worthBytes, limit });
    isWanted = found.length > freeCount;
    for (const upload of found.slice(0, freeCount))
      if (!signal.aborted && !passes.has(upload.sessionId)) begin(upload);
  };

  let looking: Promise<void> | null = null;
  const timer = setInterval(() => {
    if (environment.EARLY_INGEST_CONCURRENCY === 0) return;
    looking ??= look()
      .catch((error: unknown) => log.debug({ err: error }, "growing uploads not found"))
      .finally(() => (looking = null));
  }, lookIntervalMs);
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await looking;
      await Promise.all(passes.values());
    },
  };
}

/** A broken document is not read early again. */
function remember(
  worthBytes: Map<string, number>,
  blobId: string,
  { end, arrivedBytes }: EarlyPass,
): void {
  worthBytes.delete(blobId);
  if (end === "over") return;
  worthBytes.set(blobId, end === "fault" ? Infinity : 2 * arrivedBytes);
  const [oldest] = worthBytes.keys();
  if (worthBytes.size > REMEMBERED_MAX && oldest !== undefined) worthBytes.delete(oldest);
}
