import { sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  check,
  index,
  pgTable,
  primaryKey,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { processes, teams } from "./accounts.ts";
import { blobs } from "./blobs.ts";
import { moment, sortedText } from "./columns.ts";

/** An append-only stream of a team, by the Durable Streams protocol. Its bytes are in blobs: see `streamParts`. */
export const streams = pgTable(
  "streams",
  (t) => ({
    id: sortedText().primaryKey(),
    teamId: sortedText("team_id")
      .notNull()
      .references(() => teams.id, { onDelete: "cascade" }),
    /** Decoded, without a slash at its start. A deleted stream that has forks keeps it. */
    path: sortedText().notNull(),
    /** As it was sent. */
    contentType: t.text("content_type").notNull(),
    /** Offset behind the last byte, those of the stream it was forked from included. */
    tail: t.bigint({ mode: "number" }).notNull().default(0),
    isClosed: t.boolean("is_closed").notNull().default(false),
    /** The append that closed it, where an idempotent producer did: its repetition is answered alike. */
    closedByProducer: sortedText("closed_by_producer"),
    closedByEpoch: t.bigint("closed_by_epoch", { mode: "number" }),
    closedBySeq: t.bigint("closed_by_seq", { mode: "number" }),
    /** The greatest `Stream-Seq` so far, by its bytes. */
    lastSeq: sortedText("last_seq"),
    /** Without a read or a write for so long it expires. */
    ttlSeconds: t.bigint("ttl_seconds", { mode: "number" }),
    /** Moved by reads and writes where there is a `ttlSeconds`; else what was asked for. */
    expiresAt: moment("expires_at"),
    /** Where appends go; null: the next one makes a new blob. */
    openBlobId: t.uuid("open_blob_id").references(() => blobs.id),
    forkedFrom: sortedText("forked_from").references((): AnyPgColumn => streams.id),
    /** As asked for; null when it was left out. */
    forkOffset: t.bigint("fork_offset", { mode: "number" }),
    forkSubOffset: t.bigint("fork_sub_offset", { mode: "number" }).notNull().default(0),
    createdAt: moment("created_at").notNull().defaultNow(),
    /** It is gone for everybody, but forks of it live. */
    deletedAt: moment("deleted_at"),
  }),
  (table) => [
    uniqueIndex("streams_path").on(table.teamId, table.path),
    index("streams_forks").on(table.forkedFrom),
    index("streams_expiry").on(table.expiresAt),
    index("streams_open_blob").on(table.openBlobId),
    check(
      "streams_closed_by",
      sql`num_nulls(${table.closedByProducer}, ${table.closedByEpoch}, ${table.closedBySeq}) in (0, 3)`,
    ),
  ],
);

/**
 * Which blob holds a stream's bytes from `start` on, up to where the next part starts; the blob's first byte is the
 * one at `start`. A fork has the parts of its source that begin before its own first byte: bytes are never copied.
 */
export const streamParts = pgTable(
  "stream_parts",
  (t) => ({
    streamId: sortedText("stream_id")
      .notNull()
      .references(() => streams.id, { onDelete: "cascade" }),
    start: t.bigint({ mode: "number" }).notNull(),
    blobId: t
      .uuid("blob_id")
      .notNull()
      .references(() => blobs.id),
  }),
  (table) => [
    primaryKey({ columns: [table.streamId, table.start] }),
    index("stream_parts_blob").on(table.blobId),
  ],
);

/** What is known of an idempotent producer: its last append, which it may repeat. */
export const streamProducers = pgTable(
  "stream_producers",
  (t) => ({
    streamId: sortedText("stream_id")
      .notNull()
      .references(() => streams.id, { onDelete: "cascade" }),
    producerId: sortedText("producer_id").notNull(),
    epoch: t.bigint({ mode: "number" }).notNull(),
    lastSeq: t.bigint("last_seq", { mode: "number" }).notNull(),
  }),
  (table) => [primaryKey({ columns: [table.streamId, table.producerId] })],
);

/** What the streams of a team take together: the bytes of all blobs that are parts of them, each once. */
export const streamUsage = pgTable("stream_usage", (t) => ({
  teamId: sortedText("team_id")
    .primaryKey()
    .references(() => teams.id, { onDelete: "cascade" }),
  bytes: t.bigint({ mode: "number" }).notNull().default(0),
}));

/**
 * Room that a large append has taken of its team's quota for bytes that are stored, or about to be, and part of no stream
 * yet. It goes with the append, or with the process.
 */
export const streamReservations = pgTable(
  "stream_reservations",
  (t) => ({
    id: t.uuid().primaryKey().defaultRandom(),
    teamId: sortedText("team_id")
      .notNull()
      .references(() => teams.id, { onDelete: "cascade" }),
    processId: sortedText("process_id")
      .notNull()
      .references(() => processes.id, { onDelete: "cascade" }),
    bytes: t.bigint({ mode: "number" }).notNull(),
  }),
  (table) => [
    index("stream_reservations_team").on(table.teamId),
    index("stream_reservations_process").on(table.processId),
  ],
);
