import { EnvironmentError, loadEnvironmentFile } from "./env.ts";
import { log } from "./log.ts";
import { runServer } from "./server.ts";

/**
 * The process: reads the configuration, starts, and ends on SIGTERM or SIGINT, which are heard from the first moment
 * on. A second signal ends at once. Exit codes: 0 after an orderly end, 1 when it could not start or go on.
 */
async function main(): Promise<void> {
  const stopping = new AbortController();
  const end = (signal: NodeJS.Signals) => {
    if (stopping.signal.aborted) process.exit(1);
    log.info({ reason: signal }, "stopping");
    stopping.abort(new Error("The server is stopping"));
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  loadEnvironmentFile();
  await runServer(stopping.signal);
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
