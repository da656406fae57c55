import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { arrayTypes } from "./array-types.ts";
import { guardTransactions } from "./guard-transactions.ts";

export type Sql = postgres.Sql;
export type TransactionSql = postgres.TransactionSql;
/** Part of a statement, made with the same `sql` and not awaited by itself. */
export type Fragment = postgres.PendingQuery<postgres.Row[]>;

/**
 * The one way to Postgres. `sql` (postgres.js) is for hot paths and for what drizzle cannot say, `db` for the rest.
 * Drizzle turns off the driver's own handling of dates: through `sql`, moments come back as text and must be
 * written by `now()` or as ISO text.
 */
export interface Database {
  sql: Sql;
  db: PostgresJsDatabase;
  /** Ends all connections; queries that run get `timeoutMs`. */
  close(): Promise<void>;
}

const CLOSE_TIMEOUT_S = 5;
/** The driver's own pauses grow to 20 s: that long a server that is back again would go unnoticed. */
const MAX_BACKOFF_S = 0.5;

export function openDatabase(
  url: string,
  { maxConnections = 16, connectTimeoutMs = 10_000 } = {},
): Database {
  const sql = guardTransactions(
    postgres(url, {
      max: maxConnections,
      onnotice: () => {},
      connection: { application_name: "millrace" },
      connect_timeout: connectTimeoutMs / 1_000,
      backoff: (attemptCount) => Math.min(0.01 * 3 ** attemptCount, MAX_BACKOFF_S),
      fetch_types: false,
      types: arrayTypes,
    }),
  );
  return { sql, db: drizzle(sql), close: () => sql.end({ timeout: CLOSE_TIMEOUT_S }) };
}
