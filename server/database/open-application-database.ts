import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";
import type { Log } from "#server/log.ts";
import { openDatabase, type Database, type Sql } from "./database.ts";
import { startEmbeddedPostgres } from "./embedded/start-embedded-postgres.ts";
import { migrate } from "./migrate.ts";

const MIN_MAJOR_VERSION = 15;
const ANSWER_TIMEOUT_MS = 30_000;
const RETRY_MS = 250;

interface OpenApplicationDatabaseOptions {
  /** Any PostgreSQL 15 or later; null for the embedded one in `dataDir`. */
  databaseUrl: string | null;
  /** `DATA_DIR`; the embedded server uses its folder `postgres`. */
  dataDir: string;
  log: Log;
  maxConnections: number;
  /** How long a server may take to answer, as one that is started at the same time as we are. */
  answerTimeoutMs?: number;
  /** Ends the wait for that answer with its reason. */
  signal?: AbortSignal;
}

export interface ApplicationDatabase {
  database: Database;
  /** For those who need connections of their own. Holds the password: never to be logged. */
  url: string;
  /** Ends the connections, and the embedded server with them unless another process uses it. */
  close(): Promise<void>;
}

/** Opens the database of the application, brought up to date. Throws messages that say what to change. */
export async function openApplicationDatabase(
  options: OpenApplicationDatabaseOptions,
): Promise<ApplicationDatabase> {
  const { databaseUrl, maxConnections, answerTimeoutMs = ANSWER_TIMEOUT_MS, signal } = options;
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
    await waitForAnswer(database.sql, { timeoutMs: answerTimeoutMs, signal });
    await requireVersion(database.sql);
    await migrate(database);
    return { database, url: server.url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function startEmbedded({ dataDir, log }: OpenApplicationDatabaseOptions) {
  return startEmbeddedPostgres({ dataDir: join(dataDir, "postgres"), log });
}

/** A server that refuses us (wrong password, no such database) will not change its mind; one that is away may come. */
async function waitForAnswer(
  sql: Sql,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal | undefined },
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      await sql`select 1`;
      return;
    } catch (cause) {
      const isFinal = cause instanceof postgres.PostgresError && !isStarting(cause);
      if (!isFinal && Date.now() < deadline) {
        await delay(RETRY_MS);
        signal?.throwIfAborted();
        continue;
      }
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`The database of DATABASE_URL cannot be used: ${reason}`, { cause });
    }
  }
}

/** PostgreSQL, class 57P: starting up, shutting down; 53300: all its connections are taken. */
const isStarting = ({ code }: postgres.PostgresError) => code.startsWith("57P") || code === "53300";

async function requireVersion(sql: Sql): Promise<void> {
  const [row] = await sql<{ number: string; name: string }[]>`
    select current_setting('server_version_num') as number, current_setting('server_version') as name`;
  const major = Math.floor(Number(row?.number) / 10_000);
  if (major >= MIN_MAJOR_VERSION) return;
  throw new Error(
    `The database of DATABASE_URL is PostgreSQL ${row?.name}: Millrace needs version ${MIN_MAJOR_VERSION} or later`,
  );
}
