import { AppError } from "#lib/errors.ts";
import { hashSecretToken } from "#server/accounts/secret-token.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Database } from "#server/database/database.ts";
import { mayManage } from "./list-shares.ts";
import { readServerKey } from "./server-key.ts";
import { deriveShareToken } from "./share-token.ts";

export const shareMissing = () => new AppError("not_found", "There is no such share");

/**
 * Takes a share back: from the next request on it opens nothing, and open pages of it end within a second. Works
 * whatever became of its session. Safe to run again; throws `not_found`.
 */
export async function revokeShare(
  { sql }: Database,
  viewer: Viewer,
  shareId: string,
): Promise<void> {
  const revoked = await sql`
    update shares h set revoked_at = coalesce(revoked_at, now())
    where h.id = ${shareId} and ${mayManage(sql, viewer)} returning 1`;
  if (revoked.length === 0) throw shareMissing();
}

/** `findShareToken`, or throws `not_found`; `conflict` where the link cannot be told any more. */
export async function copyShareToken(
  database: Database,
  viewer: Viewer,
  shareId: string,
): Promise<{ token: string }> {
  const found = await deriveToken(database, viewer, shareId);
  if (found === null) throw shareMissing();
  if (!found.isCurrent)
    throw new AppError("conflict", "The server's key has changed: replace the link by a new one");
  return { token: found.token };
}

/**
 * The token of a share that is not over, to copy its link again; only its owner gets it. Null, too, when the server's
 * key has changed since: then nobody knows it but who has the link.
 */
export async function findShareToken(
  database: Database,
  viewer: Viewer,
  shareId: string,
): Promise<string | null> {
  const found = await deriveToken(database, viewer, shareId);
  return found?.isCurrent ? found.token : null;
}

async function deriveToken(
  database: Database,
  viewer: Viewer,
  shareId: string,
): Promise<{ token: string; isCurrent: boolean } | null> {
  const key = await readServerKey(database);
  const [row] = await database.sql<{ version: number; tokenHash: string }[]>`
    select version, token_hash as "tokenHash" from shares
    where id = ${shareId} and team_id = ${viewer.teamId} and owner_id = ${viewer.userId} and revoked_at is null
      and coalesce(expires_at > now(), true)`;
  if (!row) return null;
  const token = deriveShareToken(key, { shareId, version: row.version });
  return { token, isCurrent: hashSecretToken(token) === row.tokenHash };
}

/** Replaces the link by another: who has the old one has nothing any more. Passwords typed before count no longer. */
export async function rotateShareToken(
  database: Database,
  viewer: Viewer,
  shareId: string,
): Promise<{ token: string }> {
  const key = await readServerKey(database);
  return database.sql.begin(async (tx) => {
    const [row] = await tx<{ version: number }[]>`
      select version from shares
      where id = ${shareId} and team_id = ${viewer.teamId} and owner_id = ${viewer.userId} and revoked_at is null
        and coalesce(expires_at > now(), true)
      for update`;
    if (!row) throw shareMissing();
    const version = row.version + 1;
    const token = deriveShareToken(key, { shareId, version });
    await tx`
      update shares set version = ${version}, token_hash = ${hashSecretToken(token)} where id = ${shareId}`;
    return { token };
  });
}
