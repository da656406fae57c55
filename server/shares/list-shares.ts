import type { Viewer } from "#server/accounts/viewer.ts";
import type { Database, Fragment } from "#server/database/database.ts";

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
  /** Numbers of the first and last prompt when it was made; null where the session's own ends count. */
  fromTurn: number | null;
  toTurn: number | null;
  fromMessageId: string | null;
  toMessageId: string | null;
  hidesReasoning: boolean;
  hidesOutputs: boolean;
  hidesPaths: boolean;
  masksPossible: boolean;
  showsSecrets: boolean;
  hasPassword: boolean;
  allowsEmbed: boolean;
  allowsCard: boolean;
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
  const isOver = sql`state in ('revoked', 'expired')`;
  const rows = await sql<ShareListRow[]>`
    with listed as (${selectListed(sql, viewer, { sessionId })}), ranked as (
      select *, ${isOver} as "isOver", row_number() over (partition by ${isOver} order by id desc) as place from listed
    )
    select ${summaryColumns(sql, viewer)} from ranked
    where place <= case when "isOver" then ${ENDED_SHOWN_MAX}::int else ${LIST_MAX}::int end
    order by "isOver", id desc`;
  return rows.map(toSummary);
}

export interface SharesQuery {
  sessionId?: string | undefined;
  /** The last share of the page before. */
  after?: string | undefined;
  limit: number;
}

/** The same shares by pages, newest first, ended ones too. */
export async function pageShares(
  { sql }: Database,
  viewer: Viewer,
  { sessionId, after, limit }: SharesQuery,
): Promise<{ shares: ShareSummary[]; after: string | null }> {
  const rows = await sql<ShareListRow[]>`
    with listed as (${selectListed(sql, viewer, { sessionId, before: after })})
    select ${summaryColumns(sql, viewer)} from listed order by id desc limit ${limit + 1}`;
  const shares = rows.slice(0, limit).map(toSummary);
  return { shares, after: rows.length > limit ? (shares.at(-1)?.shareId ?? null) : null };
}

/** Null for one that is not there, and for somebody else's. */
export async function findShareSummary(
  { sql }: Database,
  viewer: Viewer,
  shareId: string,
): Promise<ShareSummary | null> {
  const [row] = await sql<ShareListRow[]>`
    with listed as (${selectListed(sql, viewer, { shareId })})
    select ${summaryColumns(sql, viewer)} from listed`;
  return row ? toSummary(row) : null;
}

interface Listed {
  shareId?: string | undefined;
  sessionId?: string | undefined;
  /** Those that are older. */
  before?: string | undefined;
}

const selectListed = (
  sql: Database["sql"],
  viewer: Viewer,
  { shareId, sessionId, before }: Listed,
) =>
  sql`
    select h.*, coalesce(s.title, h.title) as "currentTitle",
      case when h.revoked_at is not null then 'revoked' when h.expires_at <= now() then 'expired'
        when s.id is null then 'hidden' else 'open' end as state
    from shares h
    left join sessions s on s.id = h.session_id and s.generation = h.generation and s.deleted_at is null
      and s.trashed_at is null
    where ${mayManage(sql, viewer)}
      ${shareId === undefined ? sql`` : sql`and h.id = ${shareId}`}
      ${sessionId === undefined ? sql`` : sql`and h.session_id = ${sessionId}`}
      ${before === undefined ? sql`` : sql`and h.id < ${before}`}`;

const summaryColumns = (sql: Database["sql"], { userId }: Viewer) => sql`
  id as "shareId", session_id as "sessionId", "currentTitle" as title, state, mode,
  from_turn as "fromTurn", to_turn as "toTurn", from_message_id as "fromMessageId", to_message_id as "toMessageId",
  hides_reasoning as "hidesReasoning", hides_outputs as "hidesOutputs", hides_paths as "hidesPaths",
  masks_possible as "masksPossible", cardinality(shown_secrets) > 0 as "showsSecrets",
  password_hash is not null as "hasPassword", allows_embed as "allowsEmbed", allows_card as "allowsCard",
  created_at as "createdAt", expires_at as "expiresAt", revoked_at as "revokedAt", last_viewed_at as "lastViewedAt",
  view_count as "viewCount", owner_id = ${userId} as "isOwn"`;

const toSummary = (row: ShareListRow): ShareSummary => ({
  ...row,
  createdAt: toIso(row.createdAt),
  expiresAt: row.expiresAt && toIso(row.expiresAt),
  revokedAt: row.revokedAt && toIso(row.revokedAt),
  lastViewedAt: row.lastViewedAt && toIso(row.lastViewedAt),
  viewCount: Number(row.viewCount),
});

/** The driver brings moments as text. */
const toIso = (moment: string) => new Date(moment).toISOString();

/** Condition for `shares` as `h`: one's own, or any of a team that one owns. */
export function mayManage(sql: Database["sql"], { userId, teamId, role }: Viewer): Fragment {
  return role === "owner"
    ? sql`h.team_id = ${teamId}`
    : sql`h.team_id = ${teamId} and h.owner_id = ${userId}`;
}
