import { createHash } from "node:crypto";
import { AppError } from "#lib/errors.ts";
import { PROPOSAL_FILE, type ProposalDecision } from "#lib/setup-proposal.ts";
import type { SessionAccess } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Services } from "#server/services.ts";
import {
  changeOwnSession,
  changeSession,
  type Ownership,
} from "#server/sessions/change-session.ts";
import { readProposal } from "./read-proposal.ts";

type Needs = Pick<Services, "database" | "bus">;

interface ProposeOptions {
  teamId: string;
  repositoryKey: string;
  /** The work tree, as it was checked out. */
  repositoryPath: string;
  onOutput(text: string): void;
}

/**
 * The commands that a session's repository proposes, where somebody of the team has confirmed exactly these; none
 * otherwise, and the step's output says what would run. Safe to run again.
 */
export async function listConfirmedSetup(
  services: Needs,
  ownership: Ownership,
  { teamId, repositoryKey, repositoryPath, onOutput }: ProposeOptions,
): Promise<string[]> {
  const { commands, trouble } = await readProposal(repositoryPath);
  if (trouble !== null) onOutput(`${PROPOSAL_FILE} is left out: ${trouble}\n`);
  if (commands.length === 0) return [];
  const hash = createHash("sha256")
    .update(JSON.stringify([repositoryKey, commands]))
    .digest("hex");
  const decision = await changeOwnSession(services, ownership, async (tx) => {
    await tx`
      insert into setup_proposals (team_id, repository, hash, commands)
      values (${teamId}, ${repositoryKey}, ${hash}, ${JSON.stringify(commands)}::text::jsonb)
      on conflict do nothing`;
    await tx`update sessions set proposal_hash = ${hash} where id = ${ownership.sessionId}`;
    const [row] = await tx<{ decision: ProposalDecision | null }[]>`
      select decision from setup_proposals
      where team_id = ${teamId} and repository = ${repositoryKey} and hash = ${hash}`;
    return row?.decision ?? null;
  });
  if (decision === "confirmed") return commands;
  const why = decision === "declined" ? "was declined" : "nobody has confirmed yet";
  onOutput(`${PROPOSAL_FILE} proposes this, which ${why} and does not run:\n`);
  for (const command of commands) onOutput(`  ${command}\n`);
  return [];
}

/**
 * Decides about what the repository of a session proposes, for all workspaces that are made from now on. Throws
 * `conflict` when the session's repository proposes something else by now. Safe to run again.
 */
export async function decideProposal(
  services: Needs,
  { viewer, access }: { viewer: Viewer; access: SessionAccess },
  { hash, decision }: { hash: string; decision: ProposalDecision },
): Promise<void> {
  await changeSession(services, access, async (tx) => {
    const decided = await tx`
      update setup_proposals
      set decision = ${decision}, decided_by = ${viewer.userId}, decided_at = now()
      from sessions
      where sessions.id = ${access.sessionId} and proposal_hash = ${hash}
        and setup_proposals.team_id = sessions.team_id and setup_proposals.hash = ${hash}
      returning 1`;
    if (decided.length > 0) return;
    throw new AppError("conflict", "The repository of this session proposes something else");
  });
}
