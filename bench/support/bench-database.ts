import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ApplicationDatabase,
  openApplicationDatabase,
} from "#server/database/open-application-database.ts";
import { log } from "#server/log.ts";

export interface BenchDatabase extends ApplicationDatabase {
  /** Empty folder for whatever else the bench needs, removed with the database. */
  dataDir: string;
}

/** An embedded PostgreSQL of its own with all migrations, with its durability as users have it. */
export async function openBenchDatabase({ maxConnections = 24 } = {}): Promise<BenchDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  log.level = "warn";
  const application = await openApplicationDatabase({
    databaseUrl: null,
    dataDir,
    log,
    maxConnections,
  });
  return {
    ...application,
    dataDir,
    async close() {
      await application.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
