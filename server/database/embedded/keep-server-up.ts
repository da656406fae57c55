import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "#server/log.ts";
import { isRunning } from "./process-state.ts";

const LOOK_MS = 500;
/** Waited before each start of a row of starts; after that many without a server that stays, it is given up. */
const DELAYS_MS = [0, 500, 1_000, 2_000, 4_000];
/** A server that lived this long ends the row. */
const STEADY_MS = 10_000;

interface KeepServerUpOptions {
  pid: number;
  /** Starts the server, or finds that another process did; answers its process number. */
  restart: () => Promise<number>;
  /** Called once, with why, when the server was given up. */
  onLost: (error: Error) => void;
  /** From then on a server that dies stays dead. */
  signal: AbortSignal | undefined;
  log: Log;
}

interface KeptServer {
  /** Ends the watch, after a start that is under way; answers the process number of the last server. */
  end(): Promise<number>;
}

/**
 * Notices within half a second that the server is gone, whoever started it, and starts it again, with growing pauses.
 * Of several processes that watch the same server one starts it: PostgreSQL's lock on its folder decides.
 */
export function keepServerUp(options: KeepServerUpOptions): KeptServer {
  const { onLost, log } = options;
  const ended = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, ended.signal]) : ended.signal;
  let pid = options.pid;
  let attemptCount = 0;

  const startAgain = async (): Promise<void> => {
    for (let cause: unknown; ;) {
      const delayMs = DELAYS_MS[attemptCount];
      if (delayMs === undefined)
        throw new Error(
          `The embedded PostgreSQL is gone and ${attemptCount} starts did not bring it back`,
          { cause },
        );
      attemptCount += 1;
      await delay(delayMs, null, { signal });
      try {
        pid = await options.restart();
        log.warn({ pid }, "embedded PostgreSQL runs again");
        return;
      } catch (error) {
        cause = error;
        log.error({ err: error, attemptCount }, "embedded PostgreSQL could not be started again");
      }
    }
  };

  const watch = async (): Promise<void> => {
    let startedMs = performance.now();
    for (;;) {
      await delay(LOOK_MS, null, { signal, ref: false });
      if (await isRunning(pid)) {
        if (performance.now() - startedMs > STEADY_MS) attemptCount = 0;
        continue;
      }
      log.error({ pid }, "embedded PostgreSQL is gone; starting it again");
      await startAgain();
      startedMs = performance.now();
    }
  };

  const watching = watch().catch((error: unknown) => {
    if (!signal.aborted) onLost(error instanceof Error ? error : new Error(String(error)));
  });
  return {
    async end() {
      ended.abort();
      await watching;
      return pid;
    },
  };
}
