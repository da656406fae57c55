import { sql } from "drizzle-orm";
import { check, index, pgTable, uniqueIndex } from "drizzle-orm/pg-core";
import type { PushFailure } from "#lib/changes/branch-push.ts";
import { users } from "./accounts.ts";
import { moment, sortedText } from "./columns.ts";
import { sessions } from "./sessions.ts";

/** One time that a session's work was sent to a branch of its repository; of a session one at a time. */
export const branchPushes = pgTable(
  "branch_pushes",
  (t) => ({
    id: sortedText().primaryKey(),
    sessionId: sortedText("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    generation: t.integer().notNull(),
    requestedBy: sortedText("requested_by").references(() => users.id, { onDelete: "set null" }),
    /** At the remote, without `refs/heads/`. */
    branch: t.text().notNull(),
    /** Of the commit for what was not committed. */
    message: t.text().notNull(),
    status: t.text({ enum: ["waiting", "running", "done", "failed"] }).notNull(),
    /**
     * Written before git sends it: what is at the remote under this id is ours, also when nobody lived to say that it
     * arrived.
     */
    commitId: t.text("commit_id"),
    /** Where the host offers to propose the branch; null where that is not known. */
    link: t.text(),
    failure: t.jsonb().$type<PushFailure>(),
    createdAt: moment("created_at").notNull().defaultNow(),
    endedAt: moment("ended_at"),
  }),
  (table) => [
    uniqueIndex("branch_pushes_active")
      .on(table.sessionId)
      .where(sql`status in ('waiting', 'running')`),
    index("branch_pushes_session").on(table.sessionId, table.generation, table.id.desc()),
    check(
      "branch_pushes_failure",
      sql`(${table.status} = 'failed') = (${table.failure} is not null)`,
    ),
    check("branch_pushes_done", sql`${table.status} <> 'done' or ${table.commitId} is not null`),
  ],
);
