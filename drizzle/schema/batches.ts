import { sql } from "drizzle-orm";
import { check, index, pgTable, primaryKey, uniqueIndex } from "drizzle-orm/pg-core";
import { batchItemStates, batchKinds, batchStates, lineFaults } from "#lib/batch.ts";
import { teams, users } from "./accounts.ts";
import { blobs } from "./blobs.ts";
import { moment, sortedText } from "./columns.ts";

/**
 * Many sessions that are started or imported together. How far it is, is kept beside it, and changes with its items:
 * `server/batches/count-lines.ts` is the only writer of its counts.
 */
export const batches = pgTable(
  "batches",
  (t) => ({
    id: sortedText().primaryKey(),
    teamId: sortedText("team_id")
      .notNull()
      .references(() => teams.id, { onDelete: "cascade" }),
    ownerId: sortedText("owner_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    kind: t.text({ enum: batchKinds }).notNull(),
    /** Made by the client: a repeated request finds the first one. */
    idempotencyKey: sortedText("idempotency_key"),
    /** SHA-256 of what was asked for: the same key with another request is a conflict. */
    requestHash: sortedText("request_hash").notNull(),
    /** Lines that will come; the batch is sealed with the last of them. Null: whoever sends them seals it. */
    expectedCount: t.integer("expected_count"),
    /** Items at work at one time, at most. */
    concurrency: t.integer().notNull(),
    /** Members of every line that does not have them itself. */
    defaults: t.jsonb().$type<Record<string, unknown>>().notNull(),
    state: t.text({ enum: batchStates }).notNull(),
    /** Why it was aborted. */
    message: t.text(),
    /** A line, readable or not, said which index it has: then its place says nothing of one that could not be read. */
    statesIndex: t.boolean("states_index").notNull().default(false),
    /** Items in each state … */
    queuedCount: t.integer("queued_count").notNull().default(0),
    runningCount: t.integer("running_count").notNull().default(0),
    doneCount: t.integer("done_count").notNull().default(0),
    failedCount: t.integer("failed_count").notNull().default(0),
    cancelledCount: t.integer("cancelled_count").notNull().default(0),
    /** … those that another line came for, … */
    conflictCount: t.integer("conflict_count").notNull().default(0),
    /** … or came again as they were, once for each time, … */
    duplicateCount: t.bigint("duplicate_count", { mode: "number" }).notNull().default(0),
    /** … and the batch's markers that are not placed. */
    unassignedCount: t.integer("unassigned_count").notNull().default(0),
    /** All of its lines' skipped items. */
    skippedItemCount: t.bigint("skipped_item_count", { mode: "number" }).notNull().default(0),
    createdAt: moment("created_at").notNull().defaultNow(),
    /** When lines came last, to within a minute. An open batch that gets none is given up. */
    lastLineAt: moment("last_line_at").notNull().defaultNow(),
    sealedAt: moment("sealed_at"),
    finishedAt: moment("finished_at"),
  }),
  (table) => [
    uniqueIndex("batches_idempotency_key").on(table.ownerId, table.idempotencyKey),
    index("batches_team").on(table.teamId, table.id.desc()),
    index("batches_unfinished")
      .on(table.state, table.lastLineAt)
      .where(sql`state in ('open', 'sealed')`),
    index("batches_finished")
      .on(table.finishedAt)
      .where(sql`finished_at is not null`),
    check(
      "batches_counts",
      sql`least(${table.queuedCount}, ${table.runningCount}, ${table.doneCount}, ${table.failedCount}, ${table.cancelledCount}, ${table.conflictCount}, ${table.duplicateCount}, ${table.unassignedCount}, ${table.skippedItemCount}) >= 0`,
    ),
    check("batches_expected_count", sql`${table.expectedCount} > 0`),
    check("batches_concurrency", sql`${table.concurrency} > 0`),
  ],
);

/**
 * One line of a batch. The row is the queue's entry too: nothing stands between knowing a line and having it waiting,
 * so no crash can separate the two.
 */
export const batchItems = pgTable(
  "batch_items",
  (t) => ({
    batchId: sortedText("batch_id")
      .notNull()
      .references(() => batches.id, { onDelete: "cascade" }),
    index: t.integer().notNull(),
    /** Hex, of the line without its line break. */
    sha256: sortedText().notNull(),
    bytes: t.bigint({ mode: "number" }).notNull(),
    /** The line as it came; null when it is a blob, names an upload, is done, or could not be read. */
    body: t.text(),
    blobId: t.uuid("blob_id").references(() => blobs.id, { onDelete: "set null" }),
    /** The upload that the line names, or that was made of it. */
    uploadId: sortedText("upload_id"),
    /** Items of that upload that are in the session, and that nothing could be made of; null until it has ended. */
    storedCount: t.integer("stored_count"),
    skippedCount: t.integer("skipped_count"),
    /** What was wrong with the line itself: a readable one may take its place. */
    fault: t.text({ enum: lineFaults }),
    /** Of the last other line that came with this index. */
    conflictSha256: sortedText("conflict_sha256"),
    state: t.text({ enum: batchItemStates }).notNull(),
    /** Why it failed or waits to be tried again; safe to show. */
    reason: t.text(),
    sessionId: sortedText("session_id"),
    /** Times that somebody asked for it to be tried again after it had failed. */
    round: t.integer().notNull().default(0),
    /** Times that a worker began with it, in this round. */
    attempts: t.integer().notNull().default(0),
    /** A failed attempt is tried again from then on; null: at once. */
    retryAt: moment("retry_at"),
    /** The process that is about to begin its session or upload; null before and afterwards. */
    claimedBy: sortedText("claimed_by"),
    startedAt: moment("started_at"),
    endedAt: moment("ended_at"),
  }),
  (table) => [
    primaryKey({ columns: [table.batchId, table.index] }),
    index("batch_items_state").on(table.batchId, table.state, table.index),
    index("batch_items_running")
      .on(table.batchId)
      .where(sql`state = 'running'`),
    index("batch_items_claimed")
      .on(table.claimedBy)
      .where(sql`claimed_by is not null`),
    index("batch_items_blob")
      .on(table.blobId)
      .where(sql`blob_id is not null`),
    index("batch_items_session").on(table.sessionId),
    check("batch_items_index", sql`${table.index} >= 0`),
  ],
);

/**
 * A line that could not be read, and said no index, or one out of range: it is unassigned and its index shows as missing,
 * unless its place was made its index.
 */
export const batchMarkers = pgTable(
  "batch_markers",
  (t) => ({
    batchId: sortedText("batch_id")
      .notNull()
      .references(() => batches.id, { onDelete: "cascade" }),
    /** Among the lines of its request, from 0. */
    position: t.integer().notNull(),
    sha256: sortedText().notNull(),
    bytes: t.bigint({ mode: "number" }).notNull(),
    /** In its request, from 1. */
    lineNumber: t.integer("line_number").notNull(),
    /** Of its first byte in its request. */
    offset: t.bigint({ mode: "number" }).notNull(),
    /** What it said of itself; null when that could not be read. */
    statedIndex: t.bigint("stated_index", { mode: "number" }),
    /** It was put among the lines, under its place, and is not unassigned any more. */
    isPlaced: t.boolean("is_placed").notNull().default(false),
    fault: t.text({ enum: lineFaults }).notNull(),
    reason: t.text().notNull(),
  }),
  (table) => [primaryKey({ columns: [table.batchId, table.position, table.sha256] })],
);

/** Who is told when a batch is done, or aborted; again when it ends again after lines were tried anew. */
export const batchWebhooks = pgTable(
  "batch_webhooks",
  (t) => ({
    batchId: sortedText("batch_id")
      .primaryKey()
      .references(() => batches.id, { onDelete: "cascade" }),
    url: t.text().notNull(),
    /** `whsec_` and base64: what messages are signed with. */
    secret: t.text().notNull(),
    /** The same for all attempts at one message; null before the batch has ended. */
    messageId: t.uuid("message_id"),
    attempts: t.integer().notNull().default(0),
    /** When the next attempt is made; null when none is. */
    dueAt: moment("due_at"),
    sentAt: moment("sent_at"),
    /** Why the last attempt failed. */
    reason: t.text(),
  }),
  (table) => [
    index("batch_webhooks_due")
      .on(table.dueAt)
      .where(sql`due_at is not null`),
  ],
);
