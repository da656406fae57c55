import { pgTable, primaryKey } from "drizzle-orm/pg-core";
import type { AgentCommand, AgentOption } from "#lib/agent-settings.ts";
import { moment, sortedText } from "./columns.ts";
import { sessions } from "./sessions.ts";

/** What a session's agent says that can be chosen in it, and what people have chosen. One row. */
export const agentSettings = pgTable(
  "agent_settings",
  (t) => ({
    sessionId: sortedText("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    generation: t.integer().notNull(),
    /** Grows with every change of options or commands. */
    version: t.integer().notNull().default(1),
    /** As the agent last reported them: modes, models and the like. */
    options: t.jsonb().$type<AgentOption[]>().notNull(),
    commands: t.jsonb().$type<AgentCommand[]>().notNull(),
    /** Values by option, for the next prompt on; one that the agent changes by itself follows it. */
    chosen: t.jsonb().$type<Record<string, string>>().notNull(),
    updatedAt: moment("updated_at").notNull().defaultNow(),
  }),
  (table) => [primaryKey({ columns: [table.sessionId, table.generation] })],
);
