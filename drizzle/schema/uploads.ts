import { sql } from "drizzle-orm";
import { check, index, pgTable, uniqueIndex } from "drizzle-orm/pg-core";
import { uploadEncodings, uploadStates, uploadWays } from "#lib/upload.ts";
import { users } from "./accounts.ts";
import { blobs } from "./blobs.ts";
import { moment, sortedText } from "./columns.ts";
import { sessions } from "./sessions.ts";

/**
 * A payload on its way into a session. The row comes before the first byte, so that its number (`received`) is older
 * than every upload that is accepted later, however long its bytes take; queue, fallback and retries keep it.
 */
export const uploads = pgTable(
  "uploads",
  (t) => ({
    id: sortedText().primaryKey(),
    sessionId: sortedText("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    generation: t.integer().notNull(),
    ownerId: sortedText("owner_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** From the session's counter, taken when the request's head was accepted: the first half of its items' version. */
    received: t.bigint({ mode: "number" }).notNull(),
    state: t.text({ enum: uploadStates }).notNull(),
    way: t.text({ enum: uploadWays }).notNull(),
    /** Of the file, as the client says. */
    name: t.text(),
    encoding: t.text({ enum: uploadEncodings }).notNull(),
    /** `Content-Length` or `Upload-Length`; null where the client did not say. */
    announcedBytes: t.bigint("announced_bytes", { mode: "number" }),
    /** Made by the client: a repeated request finds the first one. */
    idempotencyKey: sortedText("idempotency_key"),
    /** The bytes as received; null before there are any, when a small payload was applied at once, and once expired. */
    blobId: t.uuid("blob_id").references(() => blobs.id, { onDelete: "set null" }),
    /** As received, before decoding. */
    bytes: t.bigint({ mode: "number" }).notNull().default(0),
    /** Hex, of the bytes as received; null until all are there. */
    sha256: t.text(),
    /** Nobody had the session's id before: when nothing comes of the upload, the session goes with it. */
    madeSession: t.boolean("made_session").notNull().default(false),
    /** Times that its bytes were begun to be received: a request that was given up must not speak for a later one. */
    receipt: t.integer().notNull().default(1),
    /** When the last of those began. */
    begunAt: moment("begun_at").notNull().defaultNow(),
    /** Times that a worker began to cut it into items. */
    attempt: t.integer().notNull().default(0),
    /** A failed attempt is tried again from then on; null: at once. */
    retryAt: moment("retry_at"),
    /** The process that receives it or works on it; null when none does. */
    processId: sortedText("process_id"),
    /** Recognised from its first bytes. */
    format: t.text(),
    /** How far the current or last attempt came, in decoded bytes. */
    decodedBytes: t.bigint("decoded_bytes", { mode: "number" }).notNull().default(0),
    /** Decoded bytes of what became no item: refused items, and members that no item stands for. */
    unrecognisedBytes: t.bigint("unrecognised_bytes", { mode: "number" }).notNull().default(0),
    storedCount: t.integer("stored_count").notNull().default(0),
    /** Were there already, byte for byte. */
    unchangedCount: t.integer("unchanged_count").notNull().default(0),
    /** Something newer was there. */
    staleCount: t.integer("stale_count").notNull().default(0),
    skippedCount: t.integer("skipped_count").notNull().default(0),
    /** Members of the document that no item stands for, by name. */
    ignoredMembers: t
      .jsonb("ignored_members")
      .$type<string[]>()
      .notNull()
      .default(sql`'[]'`),
    errorCode: t.text("error_code"),
    /** Why it failed or waits to be tried again; safe to show. */
    errorMessage: t.text("error_message"),
    /** Where a document is broken, in decoded bytes. */
    errorOffset: t.bigint("error_offset", { mode: "number" }),
    createdAt: moment("created_at").notNull().defaultNow(),
    /** When all bytes were durable. */
    receivedAt: moment("received_at"),
    startedAt: moment("started_at"),
    endedAt: moment("ended_at"),
    /** The received bytes are kept until then. */
    keptUntil: moment("kept_until"),
  }),
  (table) => [
    uniqueIndex("uploads_received").on(table.sessionId, table.generation, table.received),
    uniqueIndex("uploads_idempotency_key").on(table.ownerId, table.idempotencyKey),
    index("uploads_owner").on(table.ownerId, table.state, table.id.desc()),
    index("uploads_waiting")
      .on(table.ownerId, table.sessionId, table.received)
      .where(sql`state in ('queued', 'running')`),
    index("uploads_served")
      .on(table.ownerId, table.startedAt.desc())
      .where(sql`started_at is not null`),
    index("uploads_receiving")
      .on(table.way)
      .where(sql`state = 'receiving'`),
    index("uploads_process").on(table.processId),
    index("uploads_blob").on(table.blobId),
    index("uploads_kept_until")
      .on(table.keptUntil)
      .where(sql`blob_id is not null`),
    check("uploads_failed", sql`${table.state} <> 'failed' or ${table.errorCode} is not null`),
  ],
);

/**
 * An upload that went with its session: its id and nothing else of it, so that whoever still sends it, or asks for it,
 * learns that it is gone.
 */
export const deletedUploads = pgTable(
  "deleted_uploads",
  () => ({
    id: sortedText().primaryKey(),
    sessionId: sortedText("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
  }),
  (table) => [index("deleted_uploads_session").on(table.sessionId)],
);
