import { EnvironmentError, loadEnvironmentFile } from "./env.ts";
import { startServer } from "./server.ts";

/**
 * The process: reads the configuration, starts, and ends on SIGTERM or SIGINT. A second signal ends at once.
 * Exit codes: 0 after an orderly end, 1 when it could not start or go on.
 */
async function main(): Promise<void> {
  loadEnvironmentFile();
  const server = await startServer();
  let ending = false;
  const end = (signal: NodeJS.Signals) => {
    if (ending) process.exit(1);
    ending = true;
    server.stop(signal).then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
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
