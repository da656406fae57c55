import { index, pgTable, primaryKey } from "drizzle-orm/pg-core";
import { bytea, moment, sortedText } from "./columns.ts";

/**
 * Bytes kept outside of rows, as a list of segments. The row exists before the first byte and a sweeper removes what
 * is not live: `writing` and `incomplete` past their lease, `deleting` at once.
 */
export const blobs = pgTable(
  "blobs",
  (t) => ({
    id: t.uuid().primaryKey().defaultRandom(),
    /** Plain columns, no foreign keys: bytes are swept after their session is gone. Of a stream: its id. */
    sessionId: sortedText("session_id").notNull(),
    generation: t.integer().notNull(),
    purpose: t
      .text({ enum: ["item", "upload", "output", "stream", "checkpoint", "export", "attachment"] })
      .notNull(),
    /** How it is written: whole, or appended to. */
    mode: t.text({ enum: ["whole", "append"] }).notNull(),
    mime: t.text().notNull(),
    name: t.text(),
    state: t.text({ enum: ["writing", "complete", "incomplete", "deleting"] }).notNull(),
    bytes: t.bigint({ mode: "number" }).notNull().default(0),
    /** Hex; null until complete. */
    sha256: t.text(),
    leaseUntil: moment("lease_until").notNull(),
    createdAt: moment("created_at").notNull().defaultNow(),
  }),
  (table) => [
    index("blobs_session").on(table.sessionId, table.generation),
    index("blobs_sweep").on(table.state, table.leaseUntil),
  ],
);

/** One stored piece of a blob. Keys are unique per write and never reused. */
export const blobSegments = pgTable(
  "blob_segments",
  (t) => ({
    blobId: t
      .uuid("blob_id")
      .notNull()
      .references(() => blobs.id, { onDelete: "cascade" }),
    /** Position from 0. */
    n: t.integer().notNull(),
    key: sortedText().notNull().unique(),
    bytes: t.bigint({ mode: "number" }).notNull(),
    /** Hex; null where only that of the whole blob was taken. */
    sha256: t.text(),
  }),
  (table) => [primaryKey({ columns: [table.blobId, table.n] })],
);

/** Appended bytes that do not fill a segment yet; folded into one at 8 MiB or on close. */
export const blobTails = pgTable(
  "blob_tail",
  (t) => ({
    blobId: t
      .uuid("blob_id")
      .notNull()
      .references(() => blobs.id, { onDelete: "cascade" }),
    /** Byte offset in the blob. */
    start: t.bigint({ mode: "number" }).notNull(),
    data: bytea().notNull(),
  }),
  (table) => [primaryKey({ columns: [table.blobId, table.start] })],
);
