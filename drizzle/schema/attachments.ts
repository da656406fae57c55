import { foreignKey, index, pgTable, primaryKey } from "drizzle-orm/pg-core";
import { teams, users } from "./accounts.ts";
import { moment, sortedText } from "./columns.ts";
import { blobs } from "./blobs.ts";
import { prompts } from "./sessions.ts";

/**
 * A file for prompts, sent before them. It belongs to its team, so that many sessions can be started with one; those
 * that no prompt has and none took for a day are swept, and with a session those that only it had.
 */
export const attachments = pgTable(
  "attachments",
  (t) => ({
    id: sortedText().primaryKey(),
    teamId: sortedText("team_id")
      .notNull()
      .references(() => teams.id),
    ownerId: sortedText("owner_id")
      .notNull()
      .references(() => users.id),
    blobId: t
      .uuid("blob_id")
      .notNull()
      .references(() => blobs.id),
    /** As its sender called it, never a path. */
    name: t.text().notNull(),
    /** What the bytes say of a picture; of other files what its sender said. */
    mime: t.text().notNull(),
    bytes: t.bigint({ mode: "number" }).notNull(),
    /** When a prompt last took it, or when it came: whoever takes it locks the row by this. */
    usedAt: moment("used_at").notNull().defaultNow(),
    createdAt: moment("created_at").notNull().defaultNow(),
  }),
  (table) => [
    index("attachments_blob").on(table.blobId),
    index("attachments_used").on(table.usedAt),
  ],
);

/** Which files go with a prompt, in their order. */
export const promptAttachments = pgTable(
  "prompt_attachments",
  (t) => ({
    sessionId: sortedText("session_id").notNull(),
    generation: t.integer().notNull(),
    messageId: sortedText("message_id").notNull(),
    /** From 0. */
    position: t.integer().notNull(),
    attachmentId: sortedText("attachment_id")
      .notNull()
      .references(() => attachments.id),
  }),
  (table) => [
    primaryKey({
      columns: [table.sessionId, table.generation, table.messageId, table.position],
    }),
    foreignKey({
      name: "prompt_attachments_prompt",
      columns: [table.sessionId, table.generation, table.messageId],
      foreignColumns: [prompts.sessionId, prompts.generation, prompts.messageId],
    }).onDelete("cascade"),
    index("prompt_attachments_attachment").on(table.attachmentId),
  ],
);
