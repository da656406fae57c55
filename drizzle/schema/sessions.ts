import { sql } from "drizzle-orm";
import { check, index, pgTable, primaryKey, uniqueIndex } from "drizzle-orm/pg-core";
import { permissionModes } from "#lib/agent-request.ts";
import { sessionStatuses } from "#lib/session-state.ts";
import type { StepState } from "#lib/preparation.ts";
import { teams, users } from "./accounts.ts";
import { bytea, moment, sortedText } from "./columns.ts";
import { profiles } from "./profiles.ts";

/**
 * A session and the counter of its change log. A deleted session stays as a tombstone (`deletedAt`) until a new
 * start begins its next generation; work of an older generation is refused inside the writing transaction.
 */
export const sessions = pgTable(
  "sessions",
  (t) => ({
    id: sortedText().primaryKey(),
    generation: t.integer().notNull().default(1),
    teamId: sortedText("team_id")
      .notNull()
      .references(() => teams.id),
    ownerId: sortedText("owner_id")
      .notNull()
      .references(() => users.id),
    /** Last number given out: item positions (`seq`) and receipt numbers of uploads come from it, row locked. */
    counter: t.bigint({ mode: "number" }).notNull().default(0),
    /** Position of the last item written; what a watcher without a gap has seen. */
    lastSeq: t.bigint("last_seq", { mode: "number" }).notNull().default(0),
    /** Grows with every change of what `SessionState` shows. */
    revision: t.bigint({ mode: "number" }).notNull().default(1),
    status: t.text({ enum: sessionStatuses }).notNull(),
    /** Why it failed, safe to show. */
    statusMessage: t.text("status_message"),
    title: t.text().notNull(),
    /** Who gave the title; a later source of a lower rank never replaces it (person > agent > prompt). */
    titleSource: t.text("title_source", { enum: ["prompt", "agent", "person"] }).notNull(),
    source: sortedText().notNull().default("millrace"),
    externalId: sortedText("external_id"),
    /** What the items of a session that was brought here say of where it comes from; claims, never authority. */
    parentId: sortedText("parent_id"),
    /** Credentials, query and fragment removed. */
    gitOrigin: t.text("git_origin"),
    gitBranch: t.text("git_branch"),
    /** How the agent that made the session said it was doing, in its own words; `status` is ours. */
    reportedStatus: t.text("reported_status"),
    /** How the agent that made the session said its last turn ended, in its own words. */
    reportedEnd: t.text("reported_end"),
    /** Null for a session that was brought here and has no workspace. */
    repository: t.text(),
    /** Null for the repository's default branch. */
    requestedBranch: t.text("requested_branch"),
    /** What `requestedBranch` came to; null until the branch step. */
    baseBranch: t.text("base_branch"),
    workBranch: t.text("work_branch"),
    /** Null where whoever brought the session did not say. */
    agentId: t.text("agent_id"),
    agentVersion: t.text("agent_version"),
    /** The agent's own id of the session; ours where the agent lets us choose. */
    agentSessionId: t.text("agent_session_id"),
    model: t.text(),
    /** Who named the model; one of a lower rank never replaces it (answer > list > start). */
    modelSource: t
      .text("model_source", { enum: ["start", "list", "answer"] })
      .notNull()
      .default("start"),
    setupCommands: t.jsonb("setup_commands").$type<string[]>().notNull(),
    /** Variables for setup and agent of sessions that began before they were sealed. */
    environment: t.jsonb().$type<Record<string, string>>().notNull(),
    /** The variables as JSON, as `seal` made it; null where there are none. */
    sealedEnvironment: bytea("sealed_environment"),
    /** Which key `sealedEnvironment` is sealed with. */
    environmentKeyId: t.text("environment_key_id"),
    /** Grows when branch, agent, setup commands or variables are changed, not when these are sealed anew. */
    planRevision: t.integer("plan_revision").notNull().default(0),
    /** What it takes its secrets and settings from; null without one, and once that is deleted. */
    profileId: sortedText("profile_id").references(() => profiles.id, { onDelete: "set null" }),
    /** Its name at the start, by which another one is found once it is deleted; null without a profile. */
    profileName: t.text("profile_name"),
    /** Which setup commands its repository proposes, see `setupProposals`; null where none. */
    proposalHash: sortedText("proposal_hash"),
    autoInitiate: t.boolean("auto_initiate").notNull().default(true),
    /** What becomes of an agent's requests for leave: allowed at once, or a person is asked. */
    permissions: t.text({ enum: permissionModes }).notNull().default("allow"),
    /** Since when the running turn has shown no sign of life, once that is long ago. */
    silentSince: moment("silent_since"),
    costUsd: t.doublePrecision("cost_usd"),
    tokens: t.bigint({ mode: "number" }),
    /** Turns of messages from this sort key on are still to be counted; null when all are right. */
    turnsUncountedFrom: sortedText("turns_uncounted_from"),
    skippedItemCount: t.integer("skipped_item_count").notNull().default(0),
    /** Outputs of this generation, bytes of those that have ended, and the position of their last change. */
    outputCount: t.integer("output_count").notNull().default(0),
    outputBytes: t.bigint("output_bytes", { mode: "number" }).notNull().default(0),
    outputSeq: t.bigint("output_seq", { mode: "number" }).notNull().default(0),
    createdAt: moment("created_at").notNull().defaultNow(),
    updatedAt: moment("updated_at").notNull().defaultNow(),
    /** When the first prompt was released to the agent: at once, or by `session.initiate`. */
    initiatedAt: moment("initiated_at"),
    readyAt: moment("ready_at"),
    turnStartedAt: moment("turn_started_at"),
    turnEndedAt: moment("turn_ended_at"),
    /** For the whole team; stands above the others in lists. */
    pinnedAt: moment("pinned_at"),
    /** Put away, to be read only. What is put away is not at work, and takes no prompts. */
    archivedAt: moment("archived_at"),
    /** In the trash, which is emptied later; kept beside `archivedAt`, so that it comes back where it was. */
    trashedAt: moment("trashed_at"),
    deletedAt: moment("deleted_at"),
  }),
  (table) => [
    index("sessions_team_updated").on(table.teamId, table.updatedAt.desc(), table.id.desc()),
    index("sessions_team_pinned").on(
      table.teamId,
      sql`(pinned_at is not null) desc`,
      table.updatedAt.desc(),
      table.id.desc(),
    ),
    index("sessions_parent")
      .on(table.teamId, table.parentId)
      .where(sql`parent_id is not null`),
    index("sessions_trashed")
      .on(table.trashedAt)
      .where(sql`trashed_at is not null`),
    uniqueIndex("sessions_external_id").on(table.teamId, table.source, table.externalId),
    index("sessions_profile")
      .on(table.profileId)
      .where(sql`profile_id is not null`),
    check("sessions_last_seq", sql`${table.lastSeq} <= ${table.counter}`),
    check(
      "sessions_sealed",
      sql`(${table.sealedEnvironment} is null) = (${table.environmentKeyId} is null)`,
    ),
  ],
);

/**
 * A prompt on its way to the agent. The id is made by the client, so that a repeated start or send finds the first
 * one. Only `accepted` prompts survive the death of their worker; later ones are settled as failed, never sent twice.
 */
export const prompts = pgTable(
  "prompts",
  (t) => ({
    sessionId: sortedText("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    generation: t.integer().notNull(),
    messageId: sortedText("message_id").notNull(),
    ownerId: sortedText("owner_id")
      .notNull()
      .references(() => users.id),
    text: t.text().notNull(),
    /** SHA-256 of everything that the request asked for: the same id with another body is a conflict. */
    requestHash: sortedText("request_hash").notNull(),
    status: t.text({ enum: ["accepted", "delivered", "started", "settled"] }).notNull(),
    outcome: t.text({ enum: ["completed", "failed", "interrupted", "cancelled"] }),
    /** Why it failed, safe to show. */
    message: t.text(),
    /** The prompt that this one was sent again as. */
    retriedAs: sortedText("retried_as"),
    /** Somebody pressed Stop: the actor cancels the turn, or the prompt when it still waits. */
    interruptRequestedAt: moment("interrupt_requested_at"),
    createdAt: moment("created_at").notNull().defaultNow(),
    deliveredAt: moment("delivered_at"),
    startedAt: moment("started_at"),
    settledAt: moment("settled_at"),
  }),
  (table) => [
    primaryKey({ columns: [table.sessionId, table.generation, table.messageId] }),
    uniqueIndex("prompts_owner_message").on(table.ownerId, table.messageId),
    check("prompts_outcome", sql`(${table.status} = 'settled') = (${table.outcome} is not null)`),
  ],
);

/** The latest state of a session's preparation, one row; its events are broadcast and never stored. */
export const preparations = pgTable(
  "preparations",
  (t) => ({
    sessionId: sortedText("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    generation: t.integer().notNull(),
    attempt: t.integer().notNull(),
    /** Grows with every change, over all attempts. */
    revision: t.integer().notNull(),
    status: t.text({ enum: ["waiting", "running", "prepared", "ready", "failed"] }).notNull(),
    steps: t.jsonb().$type<StepState[]>().notNull(),
    updatedAt: moment("updated_at").notNull().defaultNow(),
  }),
  (table) => [primaryKey({ columns: [table.sessionId, table.generation] })],
);

/** How long a step took on a repository; the expected time is the median of the last ones. */
export const stepTimings = pgTable(
  "step_timings",
  (t) => ({
    id: t.bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    teamId: sortedText("team_id").notNull(),
    repository: sortedText().notNull(),
    step: t.text().notNull(),
    elapsedMs: t.integer("elapsed_ms").notNull(),
    createdAt: moment("created_at").notNull().defaultNow(),
  }),
  (table) => [
    index("step_timings_lookup").on(table.teamId, table.repository, table.step, table.id.desc()),
  ],
);

/** Where the folder of a session is. Until a checkpoint exists, only that host can go on with it. */
export const workspaces = pgTable(
  "workspaces",
  (t) => ({
    sessionId: sortedText("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    generation: t.integer().notNull(),
    hostId: sortedText("host_id").notNull(),
    path: t.text().notNull(),
    /** Mirror folder that the workspace borrows objects from; null when it has its own. */
    mirrorPath: t.text("mirror_path"),
    /** Where the agent's branch began; null in a repository without commits. */
    baseCommit: t.text("base_commit"),
    state: t.text({ enum: ["preparing", "prepared"] }).notNull(),
    /** What it was made from, see `planKey`: a workspace of another plan is made anew. */
    plan: t.text().notNull(),
    updatedAt: moment("updated_at").notNull().defaultNow(),
  }),
  (table) => [primaryKey({ columns: [table.sessionId, table.generation] })],
);

/**
 * Who owns a session now. `fence` grows with every take-over and stays in the row after release; every write of an
 * actor carries its fence, so that a thawed or duplicated worker writes nothing.
 */
export const leases = pgTable(
  "leases",
  (t) => ({
    sessionId: sortedText("session_id")
      .primaryKey()
      .references(() => sessions.id, { onDelete: "cascade" }),
    fence: t.bigint({ mode: "number" }).notNull(),
    /** Null when nobody owns the session. */
    processId: sortedText("process_id"),
    expiresAt: moment("expires_at"),
  }),
  (table) => [
    index("leases_process").on(table.processId),
    check("leases_owner_expires", sql`(${table.processId} is null) = (${table.expiresAt} is null)`),
  ],
);

/** One run of an agent process. */
export const executions = pgTable(
  "executions",
  (t) => ({
    id: sortedText().primaryKey(),
    sessionId: sortedText("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    generation: t.integer().notNull(),
    processId: sortedText("process_id").notNull(),
    /** Of the lease that it runs under: a process may own a session more than once. Null of executions before 0040. */
    fence: t.bigint({ mode: "number" }),
    agentId: t.text("agent_id").notNull(),
    agentVersion: t.text("agent_version"),
    startedAt: moment("started_at").notNull().defaultNow(),
    endedAt: moment("ended_at"),
    exitCode: t.integer("exit_code"),
    exitSignal: t.text("exit_signal"),
  }),
  (table) => [index("executions_session").on(table.sessionId, table.generation, table.id)],
);

/** How far somebody has read a session: what was written after `seq` is new to them. */
export const sessionReads = pgTable(
  "session_reads",
  (t) => ({
    sessionId: sortedText("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    userId: sortedText("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    generation: t.integer().notNull(),
    seq: t.bigint({ mode: "number" }).notNull(),
  }),
  (table) => [primaryKey({ columns: [table.sessionId, table.userId] })],
);
