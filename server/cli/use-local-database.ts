import type { Database } from "#server/database/database.ts";
import { openApplicationDatabase } from "#server/database/open-application-database.ts";
import { type Environment, loadEnvironmentFile, readEnvironment } from "#server/env.ts";
import { log } from "#server/log.ts";

/** Opens the database of this machine's server, running or not, for as long as `work` takes. */
export async function useLocalDatabase<Result>(
  work: (database: Database, environment: Environment) => Promise<Result>,
): Promise<Result> {
  log.level = "warn";
  loadEnvironmentFile();
  const environment = readEnvironment();
  const { database, close } = await openApplicationDatabase({
    databaseUrl: environment.DATABASE_URL ?? null,
    dataDir: environment.DATA_DIR,
    log,
    maxConnections: 1,
  });
  try {
    return await work(database, environment);
  } finally {
    await close();
  }
}
