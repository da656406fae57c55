import { AppError } from "#lib/errors.ts";
import type { SessionState } from "#lib/session-state.ts";
import type { Database } from "#server/database/database.ts";
import { readSessionState } from "#server/sessions/read-session-state.ts";
import { countTurns } from "./count-turns.ts";
import type { Share } from "./find-share.ts";
import { spanOf } from "./read-share-rows.ts";
import { shownRepository } from "./shown-repository.ts";
import type { ShareReader } from "./read-share.ts";

export interface SharedSession {
  /** What a viewer needs of it, without everything that is the owner's: ids, prompts that wait, preparation, uploads. */
  state: SessionState;
  turnCount: number;
}

/** What a share tells of the session beside its transcript. Throws `gone` when it was deleted meanwhile. */
export async function readSharedSession(
  database: Database,
  share: Share,
  reader: Pick<ShareReader, "rewriteText" | "rewriteTitle">,
): Promise<SharedSession> {
  const [state, turnCount] = await Promise.all([
    readSessionState(database, share.sessionId),
    countTurns(database, share, spanOf(share)),
  ]);
  if (state === null || state.generation !== share.generation)
    throw new AppError("gone", "The session was deleted");
  const isWhole =
    share.fromMessageId === null && share.toMessageId === null && share.mode === "live";
  const { status, revision, generation, createdAt } = state;
  const facts = share.frozenFacts ?? state;
  const text = (value: string | null) => value && reader.rewriteText(value);
  return {
    turnCount,
    state: {
      sessionId: share.shareId,
      generation,
      revision: share.mode === "frozen" ? 0 : revision,
      // What the agent asks is for its owner.
      status: isWhole ? (status === "needs_you" ? "working" : status) : "idle",
      title: reader.rewriteTitle(facts.title),
      repository: shownRepository(facts.repository, reader.rewriteText),
      hasWorkspace: false,
      baseBranch: text(facts.baseBranch),
      workBranch: text(facts.workBranch),
      agentId: facts.agentId,
      agentVersion: facts.agentVersion,
      model: facts.model,
      agentSettings: null,
      createdAt,
      shelf: "open",
      isPinned: false,
      readyAt: null,
      turnStartedAt: isWhole ? state.turnStartedAt : null,
      turnEndedAt: isWhole ? state.turnEndedAt : null,
      interruptRequestedAt: null,
      permissions: "allow",
      requests: [],
      silentSince: null,
      profileName: null,
      proposal: null,
      message: null,
      slotPosition: null,
      costUsd: isWhole ? state.costUsd : null,
      tokens: isWhole ? state.tokens : null,
      skippedItemCount: 0,
      outputs: { count: 0, seq: 0 },
      uploads: [],
      preparation: null,
      prompts: [],
    },
  };
}
