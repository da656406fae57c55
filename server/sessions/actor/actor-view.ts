import { createHash } from "node:crypto";
import type { Attachment } from "#lib/attachment.ts";
import { promptFiles } from "#server/attachments/take-attachments.ts";
import type { Database } from "#server/database/database.ts";
import type { StoredEnvironment } from "#server/secrets/session-environment.ts";
import type { Ownership } from "../change-session.ts";

/** A prompt as the agent gets it. */
export interface GivenPrompt {
  messageId: string;
  text: string;
  attachments: readonly Attachment[];
}

/** A session as its actor needs it, read anew before every step of its loop. */
export interface ActorView {
  teamId: string;
  title: string;
  status: string;
  repository: string;
  requestedBranch: string | null;
  agentId: string;
  agentSessionId: string | null;
  /** Those of the start alone, as `stored` has its variables alone: `readProvision` knows them all. */
  setupCommands: string[];
  stored: StoredEnvironment;
  /** Grows with every change of branch, agent, setup commands or variables. */
  planRevision: number;
  /** Null without one, and once it is deleted; then `profileName` finds the one that was made in its place. */
  profileId: string | null;
  profileName: string | null;
  /** Grows with every change of the profile. */
  profileRevision: number | null;
  costUsd: number;
  initiated: boolean;
  /** The first prompt has started once. */
  ready: boolean;
  preparationStatus: string;
  /** The oldest prompt that waits; null when none does. */
  prompt: GivenPrompt | null;
}

/** Null when the session was deleted, or belongs to another generation by now. */
export async function readActorView(
  { sql }: Database,
  { sessionId, generation }: Pick<Ownership, "sessionId" | "generation">,
): Promise<ActorView | null> {
  const [row] = await sql<(Omit<ActorView, "stored"> & StoredEnvironment)[]>`
    select team_id as "teamId", title, sessions.status, repository, requested_branch as "requestedBranch",
      agent_id as "agentId", agent_session_id as "agentSessionId",
      setup_commands as "setupCommands", plan_revision as "planRevision", environment, sealed_environment as "sealedEnvironment",
      environment_key_id as "environmentKeyId", profile_id as "profileId",
      profile_name as "profileName", (
        select profiles.revision from profiles where profiles.id = profile_id
      ) as "profileRevision", coalesce(cost_usd, 0) as "costUsd",
      initiated_at is not null as initiated, ready_at is not null as ready,
      preparations.status as "preparationStatus",
      (
        select json_build_object('messageId', message_id, 'text', text, 'attachments', ${promptFiles(sql)})
        from prompts
        where session_id = sessions.id and prompts.generation = sessions.generation
          and prompts.status = 'accepted'
        order by created_at, message_id limit 1
      ) as prompt
    from sessions join preparations
      on session_id = sessions.id and preparations.generation = sessions.generation
    where sessions.id = ${sessionId} and sessions.generation = ${generation}
      and deleted_at is null`;
  if (!row) return null;
  const { environment, sealedEnvironment, environmentKeyId, ...view } = row;
  return { ...view, stored: { environment, sealedEnvironment, environmentKeyId } };
}

/**
 * Equal for two views whose workspace and agent would come out the same; a digest, because it is stored. Variables count
 * by the plan's revision: sealed under another key they are the same.
 */
export function planKey(view: ActorView): string {
  const { repository, requestedBranch, agentId, setupCommands } = view;
  const revisions = [view.planRevision, view.profileId, view.profileRevision];
  const plan = [repository, requestedBranch, agentId, setupCommands, revisions];
  return createHash("sha256").update(JSON.stringify(plan)).digest("hex");
}
