import { AppError } from "#lib/errors.ts";
import { requireTeamAction, type SessionAccess } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Database } from "#server/database/database.ts";
import { type SessionFilters, whereFilters } from "./session-filters.ts";
import {
  fromSessions,
  isChildOf,
  selectSummary,
  type SessionSummary,
  type SummaryRow,
  toSummary,
} from "./session-summary.ts";

export interface SessionPage {
  sessions: SessionSummary[];
  /** Opaque; null on the last page. */
  nextCursor: string | null;
  /** Not everything could be looked at in time: there may be more. */
  isPartial: boolean;
  /** Not everything is in the index yet: the same asked again later may find more. */
  isBehind: boolean;
}

export interface SessionListQuery {
  filters: SessionFilters;
  /** Pinned ones first, or only by their last change. */
  order: "pinned" | "recent";
  /** Leaves out sessions that stand below another one. */
  isGrouped: boolean;
  limit: number;
  cursor?: string | null | undefined;
}

const CHILDREN_MAX = 200;

/**
 * One page of the team's sessions, most recently changed first. Every session that does not change meanwhile comes
 * exactly once, however many have changed at one moment. Throws `forbidden` for a token that may not read.
 */
export async function listSessions(
  { sql }: Database,
  viewer: Viewer,
  { filters, order, isGrouped, limit, cursor }: SessionListQuery,
): Promise<SessionPage> {
  requireTeamAction(viewer, { teamId: viewer.teamId, action: "read" });
  const after = cursor ? parseCursor(cursor) : null;
  const pinned = sql`(s.pinned_at is not null)`;
  // A moment as text keeps its microseconds, which a `Date` would lose.
  const moment = sql`(timestamptz 'epoch' + ${after?.position ?? "0"}::bigint * interval '1 microsecond')`;
  const isAfter =
    after === null
      ? sql`true`
      : order === "pinned"
        ? sql`(${pinned}, s.updated_at, s.id) < (${after.isPinned}, ${moment}, ${after.sessionId})`
        : sql`(s.updated_at, s.id) < (${moment}, ${after.sessionId})`;
  const rows = await sql<(SummaryRow & { position: string })[]>`
    select ${selectSummary(sql)}, (extract(epoch from s.updated_at) * 1000000)::bigint::text as position
    ${fromSessions(sql, viewer)}
    where ${whereFilters(sql, viewer, filters)} and ${isAfter} ${isGrouped ? sql`and parent.id is null` : sql``}
    order by ${order === "pinned" ? sql`${pinned} desc,` : sql``} s.updated_at desc nulls last, s.id desc nulls last
    limit ${limit + 1}`;

  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const nextCursor =
    rows.length > limit && last
      ? `${last.isPinned ? 1 : 0}_${last.position}_${last.sessionId}`
      : null;
  return {
    sessions: page.map((row) => toSummary(row)),
    nextCursor,
    isPartial: false,
    isBehind: false,
  };
}

function parseCursor(cursor: string) {
  const match = /^([01])_(\d{1,18})_(ses_[0-9A-Za-z]{26})$/.exec(cursor);
  if (!match?.[2] || !match[3]) {
    throw new AppError("invalid_input", "This is not a cursor of the session list", {
      details: { field: "cursor" },
    });
  }
  return { isPinned: match[1] === "1", position: match[2], sessionId: match[3] };
}

/** Sessions that stand below another one, in the order in which they were made; the first 200. */
export async function listChildren(
  { sql }: Database,
  viewer: Viewer,
  { sessionId, teamId }: SessionAccess,
): Promise<SessionSummary[]> {
  const rows = await sql<SummaryRow[]>`
    select ${selectSummary(sql)} ${fromSessions(sql, viewer)}
    where s.team_id = ${teamId} and s.deleted_at is null and ${isChildOf(sql, sessionId)}
    order by s.created_at, s.id limit ${CHILDREN_MAX}`;
  return rows.map((row) => toSummary(row));
}

/**
 * Repositories that the team used last, newest first, without duplicates. Throws `forbidden` for a token that may not
 * read.
 */
export async function listRecentRepositories(
  { sql: raw }: Database,
  viewer: Viewer,
  limit: number,
): Promise<string[]> {
  requireTeamAction(viewer, { teamId: viewer.teamId, action: "read" });
  const rows = await raw<{ repository: string }[]>`
    select repository from sessions
    where team_id = ${viewer.teamId} and deleted_at is null and repository is not null
    group by repository order by max(created_at) desc limit ${limit}`;
  return rows.map((row) => row.repository);
}
