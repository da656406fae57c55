import { hashSecretToken } from "#server/accounts/secret-token.ts";
import type { Database } from "#server/database/database.ts";

/** What a frozen share tells of the session, as it was then. */
export interface FrozenFacts {
  title: string;
  agentId: string | null;
  agentVersion: string | null;
  model: string | null;
  repository: string | null;
  baseBranch: string | null;
  workBranch: string | null;
}

/** A share that is good, as its row has it. */
export interface Share {
  shareId: string;
  sessionId: string;
  generation: number;
  version: number;
  mode: "live" | "frozen";
  frozenSeq: number | null;
  fromMessageId: string | null;
  toMessageId: string | null;
  endMessageId: string | null;
  /** Null for a live share, and for a frozen one that is older than they are. */
  frozenFacts: FrozenFacts | null;
  hidesReasoning: boolean;
  hidesOutputs: boolean;
  hidesPaths: boolean;
  masksPossible: boolean;
  shownSecrets: readonly string[];
  passwordHash: string | null;
  allowsEmbed: boolean;
  allowsCard: boolean;
}

/**
 * The share that a token opens, password aside; null when there is none, and for one that was taken back, has expired,
 * or whose session is deleted or in the trash. One statement whatever the token is, looked up by a digest, so that time
 * tells nothing. Never remembered: a share that is taken back is gone with the next request.
 */
export async function findShare({ sql }: Database, token: string): Promise<Share | null> {
  const [row] = await sql<(Omit<Share, "frozenSeq"> & { frozenSeq: string | null })[]>`
    select h.id as "shareId", h.session_id as "sessionId", h.generation, h.version, h.mode,
      h.frozen_seq as "frozenSeq", h.from_message_id as "fromMessageId", h.to_message_id as "toMessageId",
      h.end_message_id as "endMessageId", h.frozen_facts as "frozenFacts",
      h.hides_reasoning as "hidesReasoning", h.hides_outputs as "hidesOutputs", h.hides_paths as "hidesPaths",
      h.masks_possible as "masksPossible", h.shown_secrets as "shownSecrets", h.password_hash as "passwordHash",
      h.allows_embed as "allowsEmbed", h.allows_card as "allowsCard"
    from shares h
    join sessions s on s.id = h.session_id and s.generation = h.generation
    where h.token_hash = ${hashSecretToken(token)} and h.revoked_at is null
      and coalesce(h.expires_at > now(), true) and s.deleted_at is null and s.trashed_at is null`;
  return row ? { ...row, frozenSeq: row.frozenSeq === null ? null : Number(row.frozenSeq) } : null;
}

/** A version of a share's link that somebody reads through. */
export interface ShareHold {
  shareId: string;
  version: number;
}

/** Those that are not good any more, see `findShare`. */
export async function findEndedShares<Hold extends ShareHold>(
  { sql }: Database,
  holds: Hold[],
): Promise<Set<Hold>> {
  const ids = [...new Set(holds.map(({ shareId }) => shareId))];
  const rows = await sql<ShareHold[]>`
    select h.id as "shareId", h.version from shares h
    join sessions s on s.id = h.session_id and s.generation = h.generation
    where h.id = any(${ids}::text[]) and h.revoked_at is null and coalesce(h.expires_at > now(), true)
      and s.deleted_at is null and s.trashed_at is null`;
  const versions = new Map(rows.map(({ shareId, version }) => [shareId, version]));
  return new Set(holds.filter(({ shareId, version }) => versions.get(shareId) !== version));
}
