import { setTimeout as delay } from "node:timers/promises";
import { bytesInWords } from "#lib/bytes-in-words.ts";
import { AppError } from "#lib/errors.ts";
import type { Log } from "#server/log.ts";
import { measureFolder } from "./measure-folder.ts";
import type { SandboxedProcess, SessionSandbox } from "./sandbox.ts";

const PAUSE_MS = { min: 2_000, max: 60_000 };
/** Looking may take so much of the time: a folder that takes a second is looked at every 20. */
const PAUSE_FACTOR = 20;
/** Of the limit: who is above it so far may add nothing, however often it is started again. */
const CEILING_FACTOR = 1.5;

interface LimitOptions {
  /** Everything that the session may write to. */
  path: string;
  maxBytes: number;
  /** Room for a session that is above the limit already, so that it can be told to clear up. */
  slackBytes: number;
  log: Log;
  /** Bounds of the time between two looks. */
  pauseMs?: { min: number; max: number };
}

/**
 * Ends what runs in the sandbox when its files take more than `maxBytes`. The system keeps no account of a folder, so it
 * is looked at again and again: a fast writer is above the limit for seconds. `findTrouble` then tells the reason. What
 * du(1) may not read counts as nothing, and a look that fails is made up for by the next.
 */
export function limitDisk(sandbox: SessionSandbox, options: LimitOptions): SessionSandbox {
  const running = new Set<SandboxedProcess>();
  const closed = new AbortController();
  let trouble: AppError | null = null;
  let watching: Promise<void> | null = null;

  let allowedBytes: number | null = null;
  let isBlind = false;

  const look = async () => {
    const { path, maxBytes, slackBytes } = options;
    const bytes = await measureFolder(path, closed.signal);
    const ceilingBytes = maxBytes * CEILING_FACTOR;
    allowedBytes ??= Math.min(ceilingBytes, Math.max(maxBytes, bytes + slackBytes));
    if (bytes <= allowedBytes) return;
    trouble = diskTrouble(bytes, maxBytes);
    await Promise.all([...running].map((child) => child.stop({ graceMs: 0 })));
  };

  const watch = async () => {
    const { log, pauseMs: bounds = PAUSE_MS } = options;
    while (!closed.signal.aborted) {
      const startedMs = performance.now();
      try {
        await look();
        isBlind = false;
      } catch (error) {
        if (!closed.signal.aborted && !isBlind)
          log.warn({ err: error }, "disk use of a session not read, to be tried again");
        isBlind = true;
      }
      const pauseMs = (performance.now() - startedMs) * PAUSE_FACTOR;
      const boundMs = Math.min(bounds.max, Math.max(bounds.min, pauseMs));
      await delay(boundMs, undefined, { signal: closed.signal, ref: false });
    }
  };

  return {
    ...sandbox,
    async spawn(request) {
      const child = await sandbox.spawn(request);
      running.add(child);
      void child.exited.then(() => running.delete(child));
      watching ??= watch().catch((error: unknown) => {
        // The pause ends so.
        if (!closed.signal.aborted) throw error;
      });
      return child;
    },
    findTrouble: async () => trouble ?? (await sandbox.findTrouble?.()) ?? null,
    async close() {
      closed.abort();
      await watching;
      await sandbox.close();
    },
  };
}

const diskTrouble = (bytes: number, maxBytes: number) =>
  new AppError(
    "too_large",
    `The session's files take ${bytesInWords(bytes)}, more than the ${bytesInWords(maxBytes)} they may: what ran was ended`,
    { details: { bytes, maxBytes } },
  );
