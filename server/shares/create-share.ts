import { AppError } from "#lib/errors.ts";
import { SHARES_MAX } from "#lib/limits.ts";
import type { SessionAccess } from "#server/accounts/policy.ts";
import { hashSecretToken } from "#server/accounts/secret-token.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Database, TransactionSql } from "#server/database/database.ts";
import type { NewShare } from "./new-share.ts";
import { readServerKey, signWith } from "./server-key.ts";
import { hashPassword } from "./share-password.ts";
import { deriveShareToken } from "./share-token.ts";

export interface CreateShare {
  viewer: Viewer;
  access: SessionAccess;
  share: NewShare;
}

/**
 * Makes a share and answers with its token. Asking again with the same id answers the same; with other wishes it is a
 * `conflict`, and so is a frozen share of a session in which no turn has ended yet.
 */
export async function createShare(
  database: Database,
  { viewer, access, share }: CreateShare,
): Promise<{ shareId: string; token: string }> {
  const key = await readServerKey(database);
  const { shareId } = share;
  // Keyed, because the password is part of it.
  const requestHash = signWith(key, "share-request", JSON.stringify(share)).toString("hex");
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
  // Its link may have been replaced since: then the one of today is the answer.
  return { shareId, token: deriveShareToken(key, { shareId, version: stored.version }) };
}

async function findRequest({ sql }: Database, shareId: string) {
  const [row] = await sql<{ requestHash: string; ownerId: string; version: number }[]>`
    select request_hash as "requestHash", owner_id as "ownerId", version from shares where id = ${shareId}`;
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
  // Against a writer at work: what is frozen is one moment.
  const [session] = await tx<{ lastSeq: string; title: string; isBusy: boolean }[]>`
    select last_seq as "lastSeq", title, status in ('working', 'needs_you') as "isBusy" from sessions
    where id = ${access.sessionId} and generation = ${access.generation} and deleted_at is null
    for share`;
  if (!session) throw new AppError("gone", "The session was deleted");
  const [{ count } = { count: 0 }] = await tx<{ count: number }[]>`
    select count(*)::int as count from shares
    where team_id = ${viewer.teamId} and owner_id = ${viewer.userId} and revoked_at is null
      and coalesce(expires_at > now(), true)`;
  if (count >= SHARES_MAX)
    throw new AppError("conflict", `There are ${SHARES_MAX} shares already; take one back first`);
  const isFrozen = share.mode === "frozen";
  const toTurn = isFrozen && session.isBusy ? await findLastEnded(tx, access, share) : share.toTurn;
  await tx`
    insert into shares
      (id, team_id, owner_id, session_id, generation, title, request_hash, token_hash, mode, frozen_seq, from_turn,
        to_turn, hides_reasoning, hides_outputs, hides_paths, masks_possible, shown_secrets, password_hash,
        allows_embed, allows_card, expires_at)
    values (${share.shareId}, ${viewer.teamId}, ${viewer.userId}, ${access.sessionId}, ${access.generation},
      ${session.title}, ${requestHash}, ${tokenHash}, ${share.mode}, ${isFrozen ? session.lastSeq : null},
      ${share.fromTurn}, ${toTurn}, ${share.hidesReasoning}, ${share.hidesOutputs}, ${share.hidesPaths},
      ${share.masksPossible}, ${share.shownSecrets}, ${passwordHash}, ${share.allowsEmbed}, ${share.allowsCard},
      now() + make_interval(days => ${share.expiresInDays}::int))
    on conflict do nothing`;
}

/** The last turn runs: what it has done so far may still change, and is left out. */
async function findLastEnded(
  tx: TransactionSql,
  { sessionId, generation }: SessionAccess,
  { fromTurn, toTurn }: NewShare,
): Promise<number> {
  const [{ count } = { count: 0 }] = await tx<{ count: number }[]>`
    select count(*)::int as count from messages
    where session_id = ${sessionId} and generation = ${generation} and role = 'user' and not deleted`;
  const last = Math.min(count - 1, toTurn ?? Infinity);
  if (last < (fromTurn ?? 1))
    throw new AppError("conflict", "No turn has ended yet: share it live, or wait for its end");
  return last;
}
