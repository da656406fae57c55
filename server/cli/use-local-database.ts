import type { Database } from "#server/database/database.ts";
import {
  hasEmbeddedDatabase,
  openApplicationDatabase,
} from "#server/database/open-application-database.ts";
import { type Environment, loadEnvironmentFile, readEnvironment } from "#server/env.ts";
import { log } from "#server/log.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

/**
 * Opens the database of this machine's server, running or not, for as long as `work` takes. Throws when there is none:
 * one that was made here would be nobody's.
 */
export async function useLocalDatabase<Result>(
  work: (database: Database, environment: Environment) => Promise<Result>,
): Promise<Result> {
  log.level = "warn";
  loadEnvironmentFile();
  const environment = readEnvironment();
  const { DATABASE_URL, DATA_DIR } = environment;
  if (DATABASE_URL === undefined && !(await hasEmbeddedDatabase(DATA_DIR))) {
    const advice = "set DATA_DIR or DATABASE_URL as the server has it, or start the server first";
    throw new CommandError(exitCodes.usage, `There is no database in ${DATA_DIR}: ${advice}`);
  }
  const { database, close } = await openApplicationDatabase({
    databaseUrl: DATABASE_URL ?? null,
    dataDir: DATA_DIR,
    log,
    maxConnections: 1,
  });
  try {
    return await work(database, environment);
  } finally {
    await close();
  }
}
