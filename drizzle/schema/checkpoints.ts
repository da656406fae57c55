import { sql } from "drizzle-orm";
import { check, foreignKey, index, pgTable, primaryKey } from "drizzle-orm/pg-core";
import { blobs } from "./blobs.ts";
import { moment, sortedText } from "./columns.ts";
import { sessions } from "./sessions.ts";

/** Where branches and the index were when a checkpoint was taken; ids of git objects that its bundle holds. */
export interface SavedGit {
  /** `refs/heads/…`; null where HEAD named a commit. */
  headRef: string | null;
  /** Null where the branch had no commit yet. */
  headCommit: string | null;
  /** The tree of what was staged. */
  stagedTree: string;
  /** Its tree is the work tree, untracked files included; its parents keep everything else. */
  savedCommit: string;
  /** `refs/heads/…` and `refs/stash`. */
  refs: { name: string; commit: string }[];
}

/**
 * What a session needs to go on with another disk, taken while no agent runs in it. Complete once all parts are stored;
 * it stands for the session until the next execution begins, see `find-checkpoint.ts`.
 */
export const checkpoints = pgTable(
  "checkpoints",
  (t) => ({
    sessionId: sortedText("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    generation: t.integer().notNull(),
    /** From 1 on, one more with every attempt. */
    sequence: t.integer().notNull(),
    /** Of the lease under which it was taken. */
    fence: t.bigint({ mode: "number" }).notNull(),
    state: t.text({ enum: ["writing", "complete", "failed"] }).notNull(),
    /** The commit where the agent's branch began, which the repository must still have; null where it has no commits. */
    baseCommit: t.text("base_commit"),
    git: t.jsonb().$type<SavedGit>(),
    /** Why there is none, safe to show. */
    message: t.text(),
    /** All parts together. */
    bytes: t.bigint({ mode: "number" }).notNull().default(0),
    createdAt: moment("created_at").notNull().defaultNow(),
    completedAt: moment("completed_at"),
  }),
  (table) => [
    primaryKey({ columns: [table.sessionId, table.generation, table.sequence] }),
    check("checkpoints_complete", sql`${table.state} <> 'complete' or ${table.git} is not null`),
  ],
);

/**
 * `bundle`: git's own form of commits and files. `home`: tar(1) of the session's home, where agents keep their state.
 * `lfs`: the same of objects of Git LFS that the repository did not bring, only where there are any.
 */
export const checkpointParts = pgTable(
  "checkpoint_parts",
  (t) => ({
    sessionId: sortedText("session_id").notNull(),
    generation: t.integer().notNull(),
    sequence: t.integer().notNull(),
    kind: t.text({ enum: ["bundle", "home", "lfs"] }).notNull(),
    blobId: t
      .uuid("blob_id")
      .notNull()
      .references(() => blobs.id),
    bytes: t.bigint({ mode: "number" }).notNull(),
  }),
  (table) => [
    primaryKey({ columns: [table.sessionId, table.generation, table.sequence, table.kind] }),
    foreignKey({
      name: "checkpoint_parts_checkpoint",
      columns: [table.sessionId, table.generation, table.sequence],
      foreignColumns: [checkpoints.sessionId, checkpoints.generation, checkpoints.sequence],
    }).onDelete("cascade"),
    index("checkpoint_parts_blob").on(table.blobId),
  ],
);

/** What has changed in a session's files since its branch began, as of the end of its last turn. */
export const workspaceChanges = pgTable(
  "workspace_changes",
  (t) => ({
    sessionId: sortedText("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    generation: t.integer().notNull(),
    /** The patch as `git diff` writes it; null when nothing has changed, or it was too large to be kept. */
    blobId: t.uuid("blob_id").references(() => blobs.id),
    bytes: t.bigint({ mode: "number" }).notNull(),
    fileCount: t.integer("file_count").notNull(),
    additions: t.integer().notNull(),
    deletions: t.integer().notNull(),
    /** Why there is no patch although files have changed, safe to show. */
    message: t.text(),
    measuredAt: moment("measured_at").notNull().defaultNow(),
  }),
  (table) => [
    primaryKey({ columns: [table.sessionId, table.generation] }),
    index("workspace_changes_blob").on(table.blobId),
  ],
);
