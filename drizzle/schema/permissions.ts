import { sql } from "drizzle-orm";
import { check, index, pgTable, primaryKey } from "drizzle-orm/pg-core";
import type { AgentRequestAnswer, RequestField, RequestOption } from "#lib/agent-request.ts";
import { users } from "./accounts.ts";
import { moment, sortedText } from "./columns.ts";
import { sessions } from "./sessions.ts";

/**
 * Something that an agent asked and waits for: leave to do something, or the answer to a question. Written before
 * anybody sees it; its turn takes it along when it ends.
 */
export const permissionRequests = pgTable(
  "permission_requests",
  (t) => ({
    id: sortedText().primaryKey(),
    sessionId: sortedText("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    generation: t.integer().notNull(),
    executionId: sortedText("execution_id").notNull(),
    kind: t.text({ enum: ["permission", "question"] }).notNull(),
    /** As the agent names the call; null where it does not. */
    toolCallId: t.text("tool_call_id"),
    toolKind: t.text("tool_kind"),
    title: t.text().notNull(),
    /** What the tool would be given: a command, a path … */
    summary: t.text(),
    /** As the agent gave them; of a permission. */
    options: t.jsonb().$type<RequestOption[]>().notNull(),
    /** What is to be filled in; of a question. */
    fields: t.jsonb().$type<RequestField[]>().notNull(),
    /** SHA-256 of kind, title and the whole input, see `permission_rules`; null for a question. */
    ruleKey: sortedText("rule_key"),
    /** `cancelled`: the turn was stopped; `expired`: it ended in another way. */
    state: t
      .text({ enum: ["pending", "answered", "cancelled", "expired"] })
      .notNull()
      .default("pending"),
    answer: t.jsonb().$type<AgentRequestAnswer>(),
    answeredBy: sortedText("answered_by").references(() => users.id, { onDelete: "set null" }),
    createdAt: moment("created_at").notNull().defaultNow(),
    /** When it was answered, or its turn took it along. */
    endedAt: moment("ended_at"),
  }),
  (table) => [
    index("permission_requests_pending")
      .on(table.sessionId, table.generation)
      .where(sql`state = 'pending'`),
    check(
      "permission_requests_answer",
      sql`(${table.state} = 'answered') = (${table.answer} is not null)`,
    ),
    check(
      "permission_requests_ended",
      sql`(${table.state} = 'pending') = (${table.endedAt} is null)`,
    ),
  ],
);

/** What a person always allows in a session: the same tool with the same input is not asked about again. */
export const permissionRules = pgTable(
  "permission_rules",
  (t) => ({
    sessionId: sortedText("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    generation: t.integer().notNull(),
    /** SHA-256 of kind, title and the whole input: what is shown of these may be cut. */
    ruleKey: sortedText("rule_key").notNull(),
    toolKind: t.text("tool_kind"),
    title: t.text().notNull(),
    summary: t.text(),
    createdBy: sortedText("created_by").references(() => users.id, { onDelete: "set null" }),
    createdAt: moment("created_at").notNull().defaultNow(),
  }),
  (table) => [primaryKey({ columns: [table.sessionId, table.generation, table.ruleKey] })],
);
