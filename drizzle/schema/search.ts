import { customType, index, pgTable, primaryKey } from "drizzle-orm/pg-core";
import { moment, sortedText } from "./columns.ts";

/** Words with their places, as PostgreSQL keeps them for full-text search. */
const tsvector = customType<{ data: string; driverData: string }>({ dataType: () => "tsvector" });

/**
 * What can be read of an item, for search over all sessions; made from `items` after the fact and never the truth.
 * Plain columns, no foreign keys: whoever writes or deletes a session never waits for its index.
 */
export const searchTexts = pgTable(
  "search_texts",
  (t) => ({
    sessionId: sortedText("session_id").notNull(),
    generation: t.integer().notNull(),
    messageId: sortedText("message_id").notNull(),
    partId: sortedText("part_id").notNull(),
    /** Where in the item it stands; who wrote a `text` is told by its message. */
    place: t.text({ enum: ["text", "reasoning", "input", "output"] }).notNull(),
    /** The first `SEARCH_TEXT_MAX_BYTES`. */
    text: t.text().notNull(),
    /** Of what `toSearchWords` makes of the text. */
    words: tsvector().notNull(),
  }),
  (table) => [
    primaryKey({
      columns: [table.sessionId, table.generation, table.messageId, table.partId, table.place],
    }),
    index("search_texts_words").using("gin", table.words),
  ],
);

/** How far the index of a session is. Every write of its texts moves the row on, or finds that somebody else did. */
export const searchCursors = pgTable("search_cursors", (t) => ({
  sessionId: sortedText("session_id").primaryKey(),
  generation: t.integer().notNull(),
  /** Changes of the session's log up to here are in `search_texts`. */
  seq: t.bigint({ mode: "number" }).notNull(),
  /** Somebody works on it until then; others leave it to them. */
  claimedUntil: moment("claimed_until"),
}));
