import { sql } from "drizzle-orm";
import { check, index, pgTable, primaryKey, uniqueIndex } from "drizzle-orm/pg-core";
import type { ApiScope } from "#lib/api-scope.ts";
import { moment, sortedText } from "./columns.ts";

/** A tenant: owns sessions; people reach them through a membership. */
export const teams = pgTable("teams", (t) => ({
  id: sortedText().primaryKey(),
  name: t.text().notNull(),
  createdAt: moment("created_at").notNull().defaultNow(),
}));

export const users = pgTable("users", (t) => ({
  id: sortedText().primaryKey(),
  name: t.text().notNull(),
  createdAt: moment("created_at").notNull().defaultNow(),
}));

export const memberships = pgTable(
  "memberships",
  (t) => ({
    teamId: sortedText("team_id")
      .notNull()
      .references(() => teams.id, { onDelete: "cascade" }),
    userId: sortedText("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    role: t.text({ enum: ["owner", "member", "reader"] }).notNull(),
  }),
  (table) => [primaryKey({ columns: [table.teamId, table.userId] })],
);

/** A link that signs in once. Only the SHA-256 of its token is stored. */
export const signInLinks = pgTable("sign_in_links", () => ({
  tokenHash: sortedText("token_hash").primaryKey(),
  userId: sortedText("user_id")
    .notNull()
    .references(() => users.id, { onDelete: "cascade" }),
  expiresAt: moment("expires_at").notNull(),
  usedAt: moment("used_at"),
}));

/** A signed-in browser. Only the SHA-256 of its cookie is stored. */
export const logins = pgTable(
  "logins",
  () => ({
    tokenHash: sortedText("token_hash").primaryKey(),
    userId: sortedText("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    teamId: sortedText("team_id")
      .notNull()
      .references(() => teams.id, { onDelete: "cascade" }),
    createdAt: moment("created_at").notNull().defaultNow(),
    expiresAt: moment("expires_at").notNull(),
  }),
  (table) => [index("logins_expires_at").on(table.expiresAt)],
);

/**
 * Lets a program act for a person within `scopes`. The secret is shown once and only its SHA-256 is stored; a
 * revoked one keeps its row, so that the settings page can tell what it was.
 */
export const apiTokens = pgTable(
  "api_tokens",
  (t) => ({
    id: sortedText().primaryKey(),
    userId: sortedText("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    teamId: sortedText("team_id")
      .notNull()
      .references(() => teams.id, { onDelete: "cascade" }),
    name: t.text().notNull(),
    tokenHash: sortedText("token_hash").notNull(),
    scopes: t.text().array().$type<ApiScope[]>().notNull(),
    createdAt: moment("created_at").notNull().defaultNow(),
    /** Null: until revoked. */
    expiresAt: moment("expires_at"),
    /** Exact to a minute. */
    lastUsedAt: moment("last_used_at"),
    revokedAt: moment("revoked_at"),
  }),
  (table) => [
    uniqueIndex("api_tokens_hash").on(table.tokenHash),
    index("api_tokens_user").on(table.userId, table.id.desc()),
  ],
);

/** Opens one live socket once, for clients without a cookie. Only the SHA-256 of it is stored. */
export const liveTickets = pgTable(
  "live_tickets",
  () => ({
    tokenHash: sortedText("token_hash").primaryKey(),
    userId: sortedText("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    teamId: sortedText("team_id")
      .notNull()
      .references(() => teams.id, { onDelete: "cascade" }),
    /** The one session that the socket may subscribe to. */
    sessionId: sortedText("session_id").notNull(),
    expiresAt: moment("expires_at").notNull(),
  }),
  (table) => [index("live_tickets_expires_at").on(table.expiresAt)],
);

/**
 * A process of ours. While it lives and has the database it holds the advisory lock `lock_key`. When that is free and
 * the process is gone from its operating system, or missing for some seconds, others bury it.
 */
export const processes = pgTable(
  "processes",
  (t) => ({
    id: sortedText().primaryKey(),
    /** The machine with this process's `DATA_DIR`: workspaces and child processes are found there only. */
    hostId: sortedText("host_id").notNull(),
    /** Which system's process `pid` is: see `OsProcess`. Null together with the next two where there is no `/proc`. */
    processTable: t.text("process_table"),
    pid: t.integer(),
    /** Clock ticks between boot and its start. */
    startTicks: t.bigint("start_ticks", { mode: "number" }),
    lockKey: t.bigint("lock_key", { mode: "number" }).notNull(),
    roles: t.text().notNull(),
    /** Sessions that may run in it at one time; 0 where it is no worker. */
    slots: t.integer().notNull().default(0),
    /** What its sessions run in, see `WorkerSandbox`; null where it is no worker. */
    sandbox: t.jsonb(),
    startedAt: moment("started_at").notNull().defaultNow(),
  }),
  (table) => [
    uniqueIndex("processes_lock_key").on(table.lockKey),
    check(
      "processes_os_process",
      sql`num_nulls(${table.processTable}, ${table.pid}, ${table.startTicks}) in (0, 3)`,
    ),
  ],
);
