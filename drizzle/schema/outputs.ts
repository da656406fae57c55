import { sql } from "drizzle-orm";
import { check, index, pgTable, primaryKey, uniqueIndex } from "drizzle-orm/pg-core";
import { binaryFormats, portModes } from "#lib/stream-ports.ts";
import { blobs } from "./blobs.ts";
import { bytea, moment, sortedText } from "./columns.ts";
import { sessions } from "./sessions.ts";

/**
 * What an execution, a tool or an agent's folder brought out of one port: small in `value`, otherwise a blob, never
 * both. Its row comes before its first byte; while it is `writing` its blob is readable as far as it is stored.
 */
export const outputs = pgTable(
  "outputs",
  (t) => ({
    id: sortedText().primaryKey(),
    sessionId: sortedText("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    generation: t.integer().notNull(),
    /** Empty for what no execution made. */
    executionId: sortedText("execution_id").notNull(),
    port: sortedText().notNull(),
    /** The port was written so many times before in the same execution. */
    n: t.integer().notNull(),
    source: t.text({ enum: ["execution", "tool", "file", "content"] }).notNull(),
    mode: t.text({ enum: portModes }).notNull(),
    /** Of binary ports only. */
    format: t.text({ enum: binaryFormats }),
    mime: t.text().notNull(),
    name: t.text(),
    state: t.text({ enum: ["writing", "complete", "incomplete"] }).notNull(),
    /** Known at the end; until then the blob tells. */
    bytes: t.bigint({ mode: "number" }).notNull().default(0),
    /** Hex; null until complete. */
    sha256: t.text(),
    value: bytea(),
    blobId: t.uuid("blob_id").references(() => blobs.id),
    /** Another value came at its end in place of what was streamed, which readers may have had. */
    isReplaced: t.boolean("is_replaced").notNull().default(false),
    /** Why it is incomplete, safe to show. */
    error: t.text(),
    /** Of a file: its size, time and inode when it was taken. Null otherwise. */
    fileVersion: t.text("file_version"),
    /** Part id of the line of an export that brought it; null for what came otherwise. */
    lineId: sortedText("line_id"),
    /** Who writes, or wrote it. */
    processId: sortedText("process_id").notNull(),
    /** Positions in the session's log: where it began, and where it changed last. */
    firstSeq: t.bigint("first_seq", { mode: "number" }).notNull(),
    seq: t.bigint({ mode: "number" }).notNull(),
    createdAt: moment("created_at").notNull().defaultNow(),
    endedAt: moment("ended_at"),
  }),
  (table) => [
    uniqueIndex("outputs_port").on(
      table.sessionId,
      table.generation,
      table.executionId,
      table.port,
      table.n,
    ),
    /** One writer per port. */
    uniqueIndex("outputs_writer")
      .on(table.sessionId, table.generation, table.executionId, table.port)
      .where(sql`state = 'writing'`),
    index("outputs_session").on(table.sessionId, table.generation, table.id),
    index("outputs_blob")
      .on(table.blobId)
      .where(sql`blob_id is not null`),
    index("outputs_process")
      .on(table.processId)
      .where(sql`state = 'writing'`),
    check("outputs_one_value", sql`num_nonnulls(${table.value}, ${table.blobId}) = 1`),
    check("outputs_ended", sql`(${table.state} = 'writing') = (${table.endedAt} is null)`),
  ],
);

/** An execution that streams outputs, and how it ended: what it brought are its rows in `outputs`, so this one stays small. */
export const executionResults = pgTable(
  "execution_results",
  (t) => ({
    sessionId: sortedText("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    generation: t.integer().notNull(),
    executionId: sortedText("execution_id").notNull(),
    state: t.text({ enum: ["running", "complete", "incomplete"] }).notNull(),
    /** Why it is incomplete, safe to show. */
    error: t.text(),
    /** Who runs, or ran it. */
    processId: sortedText("process_id").notNull().default(""),
    /** Of the latest run: what an earlier one still has to say does not count. Null for one of an older version. */
    attemptId: t.uuid("attempt_id"),
    /** Where the latest run began in the session's log: outputs of earlier ones lie before it. */
    startedSeq: t.bigint("started_seq", { mode: "number" }).notNull().default(0),
    /** Null while it is `running`. */
    endedAt: moment("ended_at"),
  }),
  (table) => [
    primaryKey({ columns: [table.sessionId, table.generation, table.executionId] }),
    index("execution_results_process")
      .on(table.processId)
      .where(sql`state = 'running'`),
    check(
      "execution_results_ended",
      sql`(${table.state} = 'running') = (${table.endedAt} is null)`,
    ),
  ],
);
