import type { SearchHit } from "#lib/search-hit.ts";
import type { SessionStatus } from "#lib/session-state.ts";
import type { Shelf } from "#lib/shelf.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Fragment, Sql } from "#server/database/database.ts";
import { selectStatus } from "./select-status.ts";

/** A session as lists show it. */
export interface SessionSummary {
  sessionId: string;
  title: string;
  status: SessionStatus;
  shelf: Shelf;
  isPinned: boolean;
  /** What a session without a workspace says it was about; null when it does not. */
  repository: string | null;
  baseBranch: string | null;
  agentId: string | null;
  /** Who made it: `millrace`, or where it was brought from. */
  source: string;
  createdAt: string;
  updatedAt: string;
  /** When it was thrown away. */
  trashedAt: string | null;
  /** Position of its last item, … */
  lastSeq: number;
  /** … and how far whoever asks has read; 0 when never. */
  readSeq: number;
  /** The session that it says it belongs to, where the team has that on the same shelf. */
  parent: { sessionId: string; title: string } | null;
  /** Sessions that say they belong to it, on the same shelf. */
  childCount: number;
  /** Where a text search found something in it; null when only its names matched, or nothing was searched. */
  hit: SearchHit | null;
}

/**
 * `p` holds what `c` claims as its parent, and both lie on the same shelf. Claims may go in circles, in which nobody
 * would be at the top: only one that leads to an older session, or to one without a claim, counts.
 */
const isParent = (sql: Sql, p: string, c: string): Fragment => {
  const [parent, child] = [sql(p), sql(c)];
  return sql`
    ${parent}.team_id = ${child}.team_id and ${parent}.id <> ${child}.id and ${parent}.deleted_at is null
    and (${parent}.id = ${child}.parent_id
      or (${parent}.external_id = ${child}.parent_id and ${parent}.source = ${child}.source))
    and (${parent}.trashed_at is null) = (${child}.trashed_at is null)
    and (${parent}.archived_at is null) = (${child}.archived_at is null)
    and (${parent}.parent_id is null or ${parent}.id < ${child}.id)`;
};

/** The tables of a list: `s`, what the viewer has read of it (`r`), and its `parent`. */
export const fromSessions = (sql: Sql, viewer: Viewer): Fragment => sql`
  from sessions s
  left join session_reads r on r.session_id = s.id and r.user_id = ${viewer.userId} and r.generation = s.generation
  left join lateral (
    select p.id, p.title from sessions p
    where s.parent_id is not null and ${isParent(sql, "p", "s")}
    order by p.id = s.parent_id desc, p.id limit 1
  ) parent on true`;

/** Sessions that belong to the one with this id; of table `s`. */
export const isChildOf = (sql: Sql, sessionId: string): Fragment => sql`
  s.parent_id is not null and exists (
    select from sessions p where p.id = ${sessionId} and ${isParent(sql, "p", "s")}
  )`;

export function selectSummary(sql: Sql): Fragment {
  const iso = (column: string) =>
    sql`to_char(s.${sql(column)} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  return sql`
    s.id as "sessionId", s.title, ${selectStatus(sql, "s")} as status,
    case when s.trashed_at is not null then 'trash' when s.archived_at is not null then 'archive' else 'open' end
      as shelf,
    s.pinned_at is not null as "isPinned", coalesce(s.repository, s.git_origin) as repository,
    coalesce(s.base_branch, s.requested_branch, s.git_branch) as "baseBranch", s.agent_id as "agentId", s.source,
    ${iso("created_at")} as "createdAt", ${iso("updated_at")} as "updatedAt", ${iso("trashed_at")} as "trashedAt",
    s.last_seq::float8 as "lastSeq", coalesce(r.seq, 0)::float8 as "readSeq",
    parent.id as "parentId", parent.title as "parentTitle",
    (
      select count(*)::int from sessions c
      where c.team_id = s.team_id and c.parent_id in (s.id, s.external_id) and c.deleted_at is null
        and ${isParent(sql, "s", "c")}
    ) as "childCount"`;
}

export interface SummaryRow extends Omit<SessionSummary, "parent" | "hit"> {
  parentId: string | null;
  parentTitle: string | null;
}

export function toSummary(row: SummaryRow, hit: SearchHit | null = null): SessionSummary {
  const { parentId, parentTitle, ...summary } = row;
  const parent = parentId === null ? null : { sessionId: parentId, title: parentTitle ?? "" };
  return { ...pick(summary), parent, hit };
}

/** Rows carry positions and scores beside. */
function pick(row: Omit<SessionSummary, "parent" | "hit">): Omit<SessionSummary, "parent" | "hit"> {
  return {
    sessionId: row.sessionId,
    title: row.title,
    status: row.status,
    shelf: row.shelf,
    isPinned: row.isPinned,
    repository: row.repository,
    baseBranch: row.baseBranch,
    agentId: row.agentId,
    source: row.source,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    trashedAt: row.trashedAt,
    lastSeq: row.lastSeq,
    readSeq: row.readSeq,
    childCount: row.childCount,
  };
}
