import { AppError } from "#lib/errors.ts";
import { SHARES_MAX } from "#lib/limits.ts";
import { requireSession, type SessionAccess } from "#server/accounts/policy.ts";
import { hashSecretToken } from "#server/accounts/secret-token.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Database, TransactionSql } from "#server/database/database.ts";
import type { FrozenFacts } from "./find-share.ts";
import type { NewShare } from "./new-share.ts";
import { resolveSpan } from "./resolve-span.ts";
import { listFindings } from "./redaction/list-findings.ts";
import { readServerKey, signWith } from "./server-key.ts";
import { hashPassword } from "./share-password.ts";
import { deriveShareToken } from "./share-token.ts";

export interface CreateShare {
  viewer: Viewer;
  access: SessionAccess;
  share: NewShare;
}

/** `createShare` for whoever may share the session. Throws `conflict` when secrets are to be shown that nobody has seen. */
export async function shareSession(
  database: Database,
  viewer: Viewer,
  share: NewShare,
): Promise<{ shareId: string; token: string; isNew: boolean }> {
  const { sessionId } = share;
  const access = await requireSession(database, viewer, { sessionId, action: "share" });
  if (share.shownSecrets.length > 0) {
    // Whoever overrides must have seen what there is.
    const { isComplete } = await listFindings(database, access);
    if (!isComplete)
      throw new AppError("conflict", "The session is still being looked through for secrets");
  }
  return createShare(database, { viewer, access, share });
}

/**
 * Makes a share and answers with its token. Asking again with the same id answers the same; with other wishes it is a
 * `conflict`, and so is a frozen share of a session in which no turn has ended yet. Throws `invalid_input` for prompts
 * that are not there, and `gone` when the share that is asked for again is over.
 */
export async function createShare(
  database: Database,
  { viewer, access, share }: CreateShare,
): Promise<{ shareId: string; token: string; isNew: boolean }> {
  const key = await readServerKey(database);
  const { shareId } = share;
  // What was seen may have grown when it is asked for again.
  const { seenSeq: _, ...wishes } = share;
  // Keyed, because the password is part of it.
  const requestHash = signWith(key, "share-request", JSON.stringify(wishes)).toString("hex");
  const token = deriveShareToken(key, { shareId, version: 1 });
  const known = await findRequest(database, shareId);
  if (known === null) {
    const passwordHash = share.password === null ? null : await hashPassword(share.password);
    const tokenHash = hashSecretToken(token);
    await database.sql.begin((tx) =>
      insertShare(tx, { viewer, access, share, requestHash, tokenHash, passwordHash }),
    );
  }
  const stored = known ?? (await findRequest(database, shareId));
  if (stored?.requestHash !== requestHash || stored.ownerId !== viewer.userId)
    throw new AppError("conflict", "Another share has this id already");
  if (stored.isOver)
    throw new AppError("gone", "This share was taken back, or has expired; make another");
  // Its link may have been replaced since: then the one of today is the answer.
  const { version } = stored;
  return { shareId, token: deriveShareToken(key, { shareId, version }), isNew: known === null };
}

async function findRequest({ sql }: Database, shareId: string) {
  const [row] = await sql<
    { requestHash: string; ownerId: string; version: number; isOver: boolean }[]
  >`
    select request_hash as "requestHash", owner_id as "ownerId", version,
      revoked_at is not null or coalesce(expires_at <= now(), false) as "isOver"
    from shares where id = ${shareId}`;
  return row ?? null;
}

interface ShareRow extends CreateShare {
  requestHash: string;
  tokenHash: string;
  passwordHash: string | null;
}

async function insertShare(
  tx: TransactionSql,
  { viewer, access, share, requestHash, tokenHash, passwordHash }: ShareRow,
): Promise<void> {
  const { lastSeq, outputSeq, isBusy, ...facts } = await lockSession(tx, access);
  await requireRoom(tx, viewer);
  const isFrozen = share.mode === "frozen";
  const { seenSeq } = share;
  // Outputs change behind the last item.
  const isAllSeen = seenSeq === null || seenSeq >= lastSeq;
  const frozenSeq = isAllSeen ? Math.max(lastSeq, outputSeq) : seenSeq;
  const maxSeq = isFrozen ? frozenSeq : lastSeq;
  const span = await resolveSpan(tx, access, { ...share, isBusy, maxSeq });
  await tx`
    insert into shares
      (id, team_id, owner_id, session_id, generation, title, request_hash, token_hash, mode, frozen_seq, frozen_facts,
        from_turn, to_turn, from_message_id, to_message_id, end_message_id, hides_reasoning, hides_outputs, hides_paths,
        masks_possible, shown_secrets, password_hash, allows_embed, allows_card, expires_at)
    values (${share.shareId}, ${viewer.teamId}, ${viewer.userId}, ${access.sessionId}, ${access.generation},
      ${facts.title}, ${requestHash}, ${tokenHash}, ${share.mode}, ${isFrozen ? frozenSeq : null},
      ${isFrozen ? JSON.stringify(facts) : null}::text::jsonb, ${span.fromTurn}, ${span.toTurn}, ${span.fromMessageId},
      ${span.toMessageId}, ${span.endMessageId}, ${share.hidesReasoning}, ${share.hidesOutputs}, ${share.hidesPaths},
      ${share.masksPossible}, ${share.shownSecrets}, ${passwordHash}, ${share.allowsEmbed}, ${share.allowsCard},
      now() + make_interval(days => ${share.expiresInDays}::int))
    on conflict do nothing`;
}

interface LockedSession extends FrozenFacts {
  lastSeq: number;
  outputSeq: number;
  isBusy: boolean;
}

/** Against a writer at work: what is frozen is one moment. */
async function lockSession(
  tx: TransactionSql,
  { sessionId, generation }: SessionAccess,
): Promise<LockedSession> {
  const [row] = await tx<LockedSession[]>`
    select last_seq::float8 as "lastSeq", output_seq::float8 as "outputSeq", status in ('working', 'needs_you') as "isBusy", title,
      coalesce(repository, git_origin) as repository,
      coalesce(base_branch, requested_branch, git_branch) as "baseBranch", work_branch as "workBranch",
      agent_id as "agentId", agent_version as "agentVersion", model
    from sessions where id = ${sessionId} and generation = ${generation} and deleted_at is null
    for share`;
  if (!row) throw new AppError("gone", "The session was deleted");
  return row;
}

async function requireRoom(tx: TransactionSql, { teamId, userId }: Viewer): Promise<void> {
  const [{ count } = { count: 0 }] = await tx<{ count: number }[]>`
    select count(*)::int as count from shares
    where team_id = ${teamId} and owner_id = ${userId} and revoked_at is null and coalesce(expires_at > now(), true)`;
  if (count >= SHARES_MAX)
    throw new AppError("conflict", `There are ${SHARES_MAX} shares already; take one back first`);
}
