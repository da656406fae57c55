import type { Database } from "#server/database/database.ts";
import type { Ownership } from "../change-session.ts";

/** A session as its actor needs it, read anew before every step of its loop. */
export interface ActorView {
  teamId: string;
  title: string;
  status: string;
  repository: string;
  requestedBranch: string | null;
  agentId: string;
  agentSessionId: string | null;
  setupCommands: string[];
  environment: Record<string, string>;
  costUsd: number;
  initiated: boolean;
  /** The first prompt has started once. */
  ready: boolean;
  preparationStatus: string;
  /** The oldest prompt that waits; null when none does. */
  prompt: { messageId: string; text: string } | null;
}

/** Null when the session was deleted, or belongs to another generation by now. */
export async function readActorView(
  { sql }: Database,
  { sessionId, generation }: Pick<Ownership, "sessionId" | "generation">,
): Promise<ActorView | null> {
  const [row] = await sql<ActorView[]>`
    select team_id as "teamId", title, sessions.status, repository, requested_branch as "requestedBranch",
      agent_id as "agentId", agent_session_id as "agentSessionId",
      setup_commands as "setupCommands", environment, coalesce(cost_usd, 0) as "costUsd",
      initiated_at is not null as initiated, ready_at is not null as ready,
      preparations.status as "preparationStatus",
      (
        select json_build_object('messageId', message_id, 'text', text)
        from prompts
        where session_id = sessions.id and prompts.generation = sessions.generation
          and prompts.status = 'accepted'
        order by created_at, message_id limit 1
      ) as prompt
    from sessions join preparations
      on session_id = sessions.id and preparations.generation = sessions.generation
    where sessions.id = ${sessionId} and sessions.generation = ${generation}
      and deleted_at is null`;
  return row ?? null;
}

/** Equal for two views whose workspace and agent would come out the same. */
export function planKey(view: ActorView): string {
  const { repository, requestedBranch, agentId, setupCommands, environment } = view;
  return JSON.stringify([repository, requestedBranch, agentId, setupCommands, environment]);
}
