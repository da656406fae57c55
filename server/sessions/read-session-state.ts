import type { PreparationState } from "#lib/preparation.ts";
import type { PromptState, SessionState } from "#lib/session-state.ts";
import type { Database, Sql } from "#server/database/database.ts";
import { findSlotPosition } from "./slot-position.ts";

/** Ended prompts that a page can still act on: as many as this, the newest. */
const ENDED_PROMPTS_MAX = 20;

/** What pages and the first live frame show of a session; null for unknown ids and tombstones. */
export async function readSessionState(
  { sql }: Database,
  sessionId: string,
): Promise<SessionState | null> {
  const [[session], [preparation], prompts] = await Promise.all([
    selectSession(sql, sessionId),
    selectPreparation(sql, sessionId),
    selectPrompts(sql, sessionId),
  ]);
  if (!session) return null;
  const waits = preparation?.status === "waiting";
  return {
    ...session,
    preparation: preparation ?? null,
    slotPosition: waits ? await findSlotPosition(sql, sessionId) : null,
    prompts: [...prompts],
  };
}

type SessionRow = Omit<SessionState, "preparation" | "slotPosition" | "prompts">;

/** Moments as ISO 8601 in UTC: through `sql` they are text, and browsers differ in what else they parse. */
const isoMoment = (sql: Sql, column: string) =>
  sql`to_char(${sql(column)} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

function selectSession(sql: Sql, sessionId: string) {
  return sql<SessionRow[]>`
    select id as "sessionId", generation, revision::float8 as revision, status, title, repository,
      coalesce(base_branch, requested_branch) as "baseBranch", work_branch as "workBranch", agent_id as "agentId",
      agent_version as "agentVersion", model, status_message as message,
      cost_usd as "costUsd", tokens::float8 as tokens, skipped_item_count as "skippedItemCount",
      ${isoMoment(sql, "created_at")} as "createdAt",
      ${isoMoment(sql, "ready_at")} as "readyAt",
      ${isoMoment(sql, "turn_started_at")} as "turnStartedAt",
      ${isoMoment(sql, "turn_ended_at")} as "turnEndedAt"
    from sessions where id = ${sessionId} and deleted_at is null`;
}

function selectPreparation(sql: Sql, sessionId: string) {
  return sql<PreparationState[]>`
    select attempt, preparations.revision, preparations.status, steps
    from preparations join sessions on id = session_id and sessions.generation = preparations.generation
    where session_id = ${sessionId}`;
}

function selectPrompts(sql: Sql, sessionId: string) {
  return sql<PromptState[]>`
    select message_id as "messageId", text, status, outcome, message, "createdAt" from (
      select message_id, text, prompts.status, outcome, message,
        ${isoMoment(sql, "prompts.created_at")} as "createdAt"
      from prompts join sessions on id = session_id and sessions.generation = prompts.generation
      where session_id = ${sessionId} and outcome is distinct from 'completed'
        and outcome is distinct from 'cancelled'
      order by message_id desc
      limit ${ENDED_PROMPTS_MAX}
    ) as latest order by message_id`;
}
