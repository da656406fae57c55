import { AppError } from "#lib/errors.ts";
import { hashSecretToken } from "#server/accounts/secret-token.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Database, Fragment } from "#server/database/database.ts";
import { readServerKey } from "./server-key.ts";
import { deriveShareToken } from "./share-token.ts";

/** Ended shares that are still listed, newest first. */
const ENDED_SHOWN_MAX = 100;
const LIST_MAX = 1_000;

/** A share as its owner sees it; moments are ISO 8601. */
export interface ShareSummary {
  shareId: string;
  sessionId: string;
  /** The session's of today; the last known one when it is gone. */
  title: string;
  /** `hidden`: good, but its session is deleted or in the trash, so it opens nothing. */
  state: "open" | "hidden" | "expired" | "revoked";
  mode: "live" | "frozen";
  fromTurn: number | null;
  toTurn: number | null;
  hidesReasoning: boolean;
  hidesOutputs: boolean;
  hidesPaths: boolean;
  showsSecrets: boolean;
  hasPassword: boolean;
  allowsEmbed: boolean;
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  lastViewedAt: string | null;
  viewCount: number;
  isOwn: boolean;
}

interface ShareListRow extends Omit<
  ShareSummary,
  "createdAt" | "expiresAt" | "revokedAt" | "lastViewedAt" | "viewCount"
> {
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  lastViewedAt: string | null;
  viewCount: string;
}

/** Somebody's shares, those of one session or of all; an owner of the team sees everybody's. Open ones come first. */
export async function listShares(
  { sql }: Database,
  viewer: Viewer,
  { sessionId }: { sessionId?: string | undefined } = {},
): Promise<ShareSummary[]> {
  const ofSession = sessionId === undefined ? sql`` : sql`and h.session_id = ${sessionId}`;
  const rows = await sql<ShareListRow[]>`
    with listed as (
      select h.*, coalesce(s.title, h.title) as "currentTitle",
        case when h.revoked_at is not null then 'revoked' when h.expires_at <= now() then 'expired'
          when s.id is null then 'hidden' else 'open' end as state
      from shares h
      left join sessions s on s.id = h.session_id and s.generation = h.generation and s.deleted_at is null
        and s.trashed_at is null
      where ${mayManage(sql, viewer)} ${ofSession}
    ), ranked as (
      select *, state in ('revoked', 'expired') as "isOver",
        row_number() over (partition by state in ('revoked', 'expired') order by id desc) as place
      from listed
    )
    select id as "shareId", session_id as "sessionId", "currentTitle" as title, state, mode,
      from_turn as "fromTurn", to_turn as "toTurn", hides_reasoning as "hidesReasoning",
      hides_outputs as "hidesOutputs", hides_paths as "hidesPaths", cardinality(shown_secrets) > 0 as "showsSecrets",
      password_hash is not null as "hasPassword", allows_embed as "allowsEmbed", created_at as "createdAt",
      expires_at as "expiresAt", revoked_at as "revokedAt", last_viewed_at as "lastViewedAt",
      view_count as "viewCount", owner_id = ${viewer.userId} as "isOwn"
    from ranked where place <= case when "isOver" then ${ENDED_SHOWN_MAX}::int else ${LIST_MAX}::int end
    order by "isOver", id desc`;
  return rows.map((row) => ({
    ...row,
    createdAt: toIso(row.createdAt),
    expiresAt: row.expiresAt && toIso(row.expiresAt),
    revokedAt: row.revokedAt && toIso(row.revokedAt),
    lastViewedAt: row.lastViewedAt && toIso(row.lastViewedAt),
    viewCount: Number(row.viewCount),
  }));
}

/** The driver brings moments as text. */
const toIso = (moment: string) => new Date(moment).toISOString();

/** Condition for `shares` as `h`: one's own, or any of a team that one owns. */
function mayManage(sql: Database["sql"], { userId, teamId, role }: Viewer): Fragment {
  return role === "owner"
    ? sql`h.team_id = ${teamId}`
    : sql`h.team_id = ${teamId} and h.owner_id = ${userId}`;
}

const notFound = () => new AppError("not_found", "There is no such share");

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
  if (revoked.length === 0) throw notFound();
}

/** The token of a share that is not over, to copy its link again. Throws `not_found`; only its owner gets it. */
export async function copyShareToken(
  database: Database,
  viewer: Viewer,
  shareId: string,
): Promise<{ token: string }> {
  const key = await readServerKey(database);
  const [row] = await database.sql<{ version: number; tokenHash: string }[]>`
    select version, token_hash as "tokenHash" from shares
    where id = ${shareId} and team_id = ${viewer.teamId} and owner_id = ${viewer.userId} and revoked_at is null
      and coalesce(expires_at > now(), true)`;
  if (!row) throw notFound();
  const token = deriveShareToken(key, { shareId, version: row.version });
  if (hashSecretToken(token) !== row.tokenHash) {
    throw new AppError("conflict", "The server's key has changed: replace the link by a new one");
  }
  return { token };
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
    if (!row) throw notFound();
    const version = row.version + 1;
    const token = deriveShareToken(key, { shareId, version });
    await tx`
      update shares set version = ${version}, token_hash = ${hashSecretToken(token)} where id = ${shareId}`;
    return { token };
  });
}
