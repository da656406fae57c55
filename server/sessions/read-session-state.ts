import type { PreparationState } from "#lib/preparation.ts";
import type { PromptState, SessionState } from "#lib/session-state.ts";
import type { Database } from "#server/database/database.ts";
import type { SessionReading } from "#server/live/live-readers.ts";
import { uploadColumns } from "#server/ingest/upload-row.ts";
import { pendingRequests } from "#server/permissions/pending-requests.ts";
import { agentSettingsState } from "./agent-settings.ts";
import { isoMoment, promptColumns } from "./get-prompt.ts";
import { selectStatus } from "./select-status.ts";
import { findSlotPosition } from "./slot-position.ts";

/** Prompts on the page beside the transcript: as many as this, the newest. */
const PROMPTS_MAX = 20;
/** Uploads that are under way or failed: as many as this, the newest. */
const UPLOADS_MAX = 20;

/** What pages show of a session; null for unknown ids and tombstones. */
export async function readSessionState(
  database: Database,
  sessionId: string,
): Promise<SessionState | null> {
  return (await readSession(database, sessionId))?.state ?? null;
}

/** `readSessionState` with where the session's log stood: one statement, so one moment. */
export async function readSession(
  { sql }: Database,
  sessionId: string,
): Promise<SessionReading | null> {
  const iso = (column: string) => isoMoment(sql, column);
  const [row] = await sql<Row[]>`
    select id as "sessionId", generation, revision::float8 as revision, title,
      ${selectStatus(sql, "sessions")} as status,
      case when trashed_at is not null then 'trash' when archived_at is not null then 'archive' else 'open' end as shelf,
      pinned_at is not null as "isPinned",
      coalesce(repository, git_origin) as repository, repository is not null as "hasWorkspace",
      coalesce(base_branch, requested_branch, git_branch) as "baseBranch", work_branch as "workBranch",
      agent_id as "agentId", agent_version as "agentVersion", model, ${agentSettingsState(sql)} as "agentSettings", status_message as message,
      cost_usd as "costUsd", tokens::float8 as tokens, skipped_item_count as "skippedItemCount",
      json_build_object('count', output_count, 'seq', output_seq) as outputs,
      ${iso("created_at")} as "createdAt", ${iso("ready_at")} as "readyAt",
      ${iso("turn_started_at")} as "turnStartedAt", ${iso("turn_ended_at")} as "turnEndedAt",
      ${iso("updated_at")} as "updatedAt", last_seq::float8 as "lastSeq",
      (
        select max(${iso("interrupt_requested_at")}) from prompts
        where session_id = sessions.id and prompts.generation = sessions.generation
          and prompts.status <> 'settled'
      ) as "interruptRequestedAt",
      profile_name as "profileName", (
        select json_build_object('hash', hash, 'commands', commands) from setup_proposals
        where setup_proposals.team_id = sessions.team_id and hash = proposal_hash
          and decision is null
      ) as proposal,
      permissions, ${iso("silent_since")} as "silentSince", ${pendingRequests(sql)} as requests,
      (
        select json_build_object(
          'attempt', attempt, 'revision', revision, 'status', status, 'steps', steps
        )
        from preparations
        where session_id = sessions.id and preparations.generation = sessions.generation
      ) as preparation,
      (
        select coalesce(json_agg(latest order by latest."uploadId"), '[]') from (
          select ${uploadColumns(sql)} from uploads
          where session_id = sessions.id and uploads.generation = sessions.generation
            and uploads.state <> 'done'
          order by id desc limit ${UPLOADS_MAX}
        ) as latest
      ) as uploads,
      (
        select coalesce(json_agg(latest order by "createdAt", "messageId"), '[]') from (
          select ${promptColumns(sql)} from prompts
          where session_id = sessions.id and prompts.generation = sessions.generation
            and outcome is distinct from 'completed' and outcome is distinct from 'cancelled'
          order by created_at desc, message_id desc
          limit ${PROMPTS_MAX}
        ) as latest
      ) as prompts
    from sessions where id = ${sessionId} and deleted_at is null`;
  if (!row) return null;
  const { lastSeq, updatedAt, ...session } = row;
  const waits = session.preparation?.status === "waiting";
  const slotPosition = waits ? await findSlotPosition(sql, sessionId) : null;
  return { state: { ...session, slotPosition }, lastSeq, updatedAt };
}

interface Row extends Omit<SessionState, "slotPosition"> {
  preparation: PreparationState | null;
  prompts: PromptState[];
  lastSeq: number;
  updatedAt: string;
}
