import { sql } from "drizzle-orm";
import { check, foreignKey, index, pgTable, primaryKey, uniqueIndex } from "drizzle-orm/pg-core";
import { blobs } from "./blobs.ts";
import { moment, sortedText } from "./columns.ts";
import { sessions } from "./sessions.ts";

/**
 * One item of a session: a message, a part, a diff. Its body is inline (`body`) or a blob (`blobId`), never both;
 * neither only when it was deleted, which stays as a row so that watchers learn of it.
 */
export const items = pgTable(
  "items",
  (t) => ({
    sessionId: sortedText("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    generation: t.integer().notNull(),
    type: sortedText().notNull(),
    /** Empty where the type has none; identity is these columns, never a composed string. */
    messageId: sortedText("message_id").notNull().default(""),
    partId: sortedText("part_id").notNull().default(""),
    /** Position when it first came; fixed. */
    firstSeq: t.bigint("first_seq", { mode: "number" }).notNull(),
    /** Position of its last change in the session's log; what a watcher's cursor points at. */
    seq: t.bigint({ mode: "number" }).notNull(),
    /** Stale guard `(received, index)`: number of the upload or write that brought it, and its place therein. */
    versionReceived: t.bigint("version_received", { mode: "number" }).notNull(),
    versionIndex: t.integer("version_index").notNull(),
    /** The bytes of `data` exactly as received. Text, because jsonb rejects \u0000 and reorders keys. */
    body: t.text(),
    blobId: t.uuid("blob_id").references(() => blobs.id),
    /** Other members of the envelope the item came in, verbatim JSON object; null when there were none. */
    envelope: t.text(),
    /** UTF-8 bytes of the body, wherever it is stored. */
    byteSize: t.bigint("byte_size", { mode: "number" }).notNull(),
    /** Hex SHA-256 of the body: an equal body changes nothing and takes no position. */
    bodySha256: t.text("body_sha256").notNull(),
    /** The first bytes of a body that is a blob, cut at a character; null when inline. */
    preview: t.text(),
    /**
     * The small members of a body above the size of a preview, a JSON object that begins with `type` where there is one:
     * what the item is, wherever in its body that stands. Null for smaller ones, and for what was stored before.
     */
    head: t.text(),
    deleted: t.boolean().notNull().default(false),
    updatedAt: moment("updated_at").notNull().defaultNow(),
  }),
  (table) => [
    primaryKey({
      columns: [table.sessionId, table.generation, table.type, table.messageId, table.partId],
    }),
    index("items_change_log").on(table.sessionId, table.generation, table.seq),
    index("items_message").on(table.sessionId, table.generation, table.messageId, table.firstSeq),
    index("items_blob")
      .on(table.blobId)
      .where(sql`blob_id is not null`),
    check(
      "items_one_body",
      sql`num_nonnulls(${table.body}, ${table.blobId}) = case when ${table.deleted} then 0 else 1 end`,
    ),
  ],
);

/**
 * A message as outline, turns and paging need it, kept by the item writer. A part that arrives before its message
 * makes a placeholder (`role` null), ordered by arrival until the message comes and fixes `sortKey`.
 */
export const messages = pgTable(
  "messages",
  (t) => ({
    sessionId: sortedText("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    generation: t.integer().notNull(),
    messageId: sortedText("message_id").notNull(),
    role: t.text(),
    sortKey: sortedText("sort_key").notNull(),
    firstSeq: t.bigint("first_seq", { mode: "number" }).notNull(),
    /** Number of prompts up to and including this message; 0 before the first. */
    turn: t.integer().notNull().default(0),
    partCount: t.integer("part_count").notNull().default(0),
    /** UTF-8 bytes of the message and its parts. */
    bytes: t.bigint({ mode: "number" }).notNull().default(0),
    /** What an answer cost and used (input, output, reasoning, cache); null where the agent did not say. */
    costUsd: t.doublePrecision("cost_usd"),
    tokens: t.bigint({ mode: "number" }),
    /** What wrote it; null where the source does not say. */
    model: t.text(),
    deleted: t.boolean().notNull().default(false),
  }),
  (table) => [
    primaryKey({ columns: [table.sessionId, table.generation, table.messageId] }),
    index("messages_order").on(table.sessionId, table.generation, table.sortKey, table.firstSeq),
    /** Prompts alone: the outline of a session does not walk over its answers. */
    index("messages_prompts")
      .on(table.sessionId, table.generation, table.sortKey, table.firstSeq)
      .where(sql`role = 'user'`),
  ],
);

/**
 * A file inside an item's body that lives in a blob of its own: a text that is a `data:` URL, of which the stored body
 * (a blob, too) has all but the base64. Only rows here are refs, never something found in JSON.
 */
export const itemRefs = pgTable(
  "item_refs",
  (t) => ({
    sessionId: sortedText("session_id").notNull(),
    generation: t.integer().notNull(),
    type: sortedText().notNull(),
    messageId: sortedText("message_id").notNull(),
    partId: sortedText("part_id").notNull(),
    /** JSON Pointer (RFC 6901) into the body. */
    pointer: t.text().notNull(),
    /** So many bytes of the stored body stand before the base64 that was taken out. */
    at: t.bigint({ mode: "number" }).notNull(),
    /** The last so many of these are `data:…;base64,`. */
    headBytes: t.integer("head_bytes").notNull(),
    blobId: t
      .uuid("blob_id")
      .notNull()
      .references(() => blobs.id),
    /** As the body says: an output of the same bytes, which has the same blob, may say otherwise. Null: as the blob says. */
    mime: t.text(),
    /** Null where the body calls it nothing. */
    name: t.text(),
  }),
  (table) => [
    primaryKey({
      columns: [
        table.sessionId,
        table.generation,
        table.type,
        table.messageId,
        table.partId,
        table.pointer,
      ],
    }),
    foreignKey({
      columns: [table.sessionId, table.generation, table.type, table.messageId, table.partId],
      foreignColumns: [
        items.sessionId,
        items.generation,
        items.type,
        items.messageId,
        items.partId,
      ],
    }).onDelete("cascade"),
    index("item_refs_blob").on(table.blobId),
  ],
);

/** An item that was refused, so that the viewer shows the hole in its place; each once, however often it is written. */
export const skippedItems = pgTable(
  "skipped_items",
  (t) => ({
    id: t.bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    sessionId: sortedText("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    generation: t.integer().notNull(),
    /** The write or upload that brought it, and its place therein. */
    received: t.bigint({ mode: "number" }).notNull(),
    itemIndex: t.integer("item_index").notNull(),
    byteSize: t.bigint("byte_size", { mode: "number" }).notNull(),
    /** Safe to show. */
    reason: t.text().notNull(),
    /** Where the head of the item was readable. */
    type: t.text(),
    messageId: t.text("message_id"),
    partId: t.text("part_id"),
    /** It was refused of an earlier upload of the same bytes, too: its session counts and lists that one only. */
    isRepeat: t.boolean("is_repeat").notNull().default(false),
    createdAt: moment("created_at").notNull().defaultNow(),
  }),
  (table) => [
    index("skipped_items_session").on(table.sessionId, table.generation, table.id),
    index("skipped_items_message")
      .on(table.sessionId, table.generation, table.messageId)
      .where(sql`message_id is not null`),
    uniqueIndex("skipped_items_place").on(
      table.sessionId,
      table.generation,
      table.received,
      table.itemIndex,
    ),
  ],
);
