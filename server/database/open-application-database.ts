import { stat } from "node:fs/promises";
import { join } from "node:path";
import { EnvironmentError } from "#server/env.ts";
import type { Log } from "#server/log.ts";
import { openDatabase, type Database, type Sql } from "./database.ts";
import { clusterPaths } from "./embedded/data-dir.ts";
import { startEmbeddedPostgres } from "./embedded/start-embedded-postgres.ts";
import { migrate } from "./migrate.ts";
import { waitForAnswer } from "./wait-for-answer.ts";

const MIN_MAJOR_VERSION = 15;
const ANSWER_TIMEOUT_MS = 30_000;

interface OpenApplicationDatabaseOptions {
  /** Any PostgreSQL 15 or later; null for the embedded one in `dataDir`. */
  databaseUrl: string | null;
  /** `DATA_DIR`; the embedded server uses its folder `postgres`. */
  dataDir: string;
  log: Log;
  maxConnections: number;
  /** How long a server may take to answer, as one that is started at the same time as we are. */
  answerTimeoutMs?: number;
  /** Ends the wait for that answer with its reason; an embedded server that dies afterwards stays dead. */
  signal?: AbortSignal;
  /** With it an embedded server that dies is started again; called, with why, when that cannot be done. */
  onLost?: (error: Error) => void;
}

export interface ApplicationDatabase {
  database: Database;
  /** For those who need connections of their own. Holds the password: never to be logged. */
  url: string;
  /** Ends the connections, and the embedded server with them unless another process uses it. */
  close(): Promise<void>;
}

/** Opens the database of the application, brought up to date. Throws `EnvironmentError` that says what to change. */
export async function openApplicationDatabase(
  options: OpenApplicationDatabaseOptions,
): Promise<ApplicationDatabase> {
  const { databaseUrl, maxConnections, log, signal } = options;
  const { answerTimeoutMs: timeoutMs = ANSWER_TIMEOUT_MS } = options;
  const server =
    databaseUrl === null
      ? await startEmbedded(options)
      : { url: databaseUrl, stop: async () => {} };
  const database = openDatabase(server.url, { maxConnections });
  const close = async () => {
    await database.close();
    await server.stop();
  };
  try {
    await waitForAnswer(database.sql, { timeoutMs, log, signal });
    await requireVersion(database.sql);
    await migrate(database);
    return { database, url: server.url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const embeddedPath = (dataDir: string) => join(dataDir, "postgres");

function startEmbedded({ dataDir, log, onLost, signal }: OpenApplicationDatabaseOptions) {
  return startEmbeddedPostgres({ dataDir: embeddedPath(dataDir), log, onLost, signal });
}

/** Whether a server with this `DATA_DIR` has ever made its embedded database there. Makes nothing. */
export async function hasEmbeddedDatabase(dataDir: string): Promise<boolean> {
  try {
    await stat(clusterPaths(embeddedPath(dataDir)).clusterPath);
    return true;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    // Of one that this account may not look at, opening it has more to say.
    return !["ENOENT", "ENOTDIR"].includes(code);
  }
}

async function requireVersion(sql: Sql): Promise<void> {
  const [row] = await sql<{ number: string; name: string }[]>`
    select current_setting('server_version_num') as number, current_setting('server_version') as name`;
  const major = Math.floor(Number(row?.number) / 10_000);
  if (major >= MIN_MAJOR_VERSION) return;
  throw new EnvironmentError(
    `DATABASE_URL: is PostgreSQL ${row?.name}, and must be version ${MIN_MAJOR_VERSION} or later`,
  );
}
