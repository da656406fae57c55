import { EnvironmentError, loadEnvironmentFile } from "./env.ts";
import { log } from "./log.ts";
import { runServer } from "./server.ts";

/** A terminal and npm may each send the same signal: within this time it is one. */
const SAME_SIGNAL_MS = 1_000;

/**
 * The process: reads the configuration, starts, and ends on SIGTERM or SIGINT, which are heard from the first moment
 * on. A second one gives running turns no more time, a third ends the process at once and may leave children behind.
 * Exit codes: 0 after an orderly end, 1 when it could not start or go on.
 */
async function main(): Promise<void> {
  const stopping = new AbortController();
  const hurrying = new AbortController();
  let lastSignalMs = -Infinity;
  const end = (signal: NodeJS.Signals) => {
    const isSame = performance.now() - lastSignalMs < SAME_SIGNAL_MS;
    lastSignalMs = performance.now();
    if (isSame) return;
    if (hurrying.signal.aborted) process.exit(1);
    log.info({ reason: signal }, stopping.signal.aborted ? "stopping at once" : "stopping");
    if (stopping.signal.aborted) hurrying.abort(new Error("The server ends at once"));
    else stopping.abort(new Error("The server is stopping"));
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  loadEnvironmentFile();
  await runServer({ stopping: stopping.signal, hurrying: hurrying.signal });
  process.exit(0);
}

function fail(error: unknown): never {
  if (error instanceof EnvironmentError) {
    console.error(`Millrace cannot start with this configuration:\n${error.message}`);
  } else {
    console.error(error);
  }
  process.exit(1);
}

main().catch(fail);
