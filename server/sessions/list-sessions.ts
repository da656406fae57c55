import { and, desc, eq, ilike, isNull, or, sql } from "drizzle-orm";
import { AppError } from "#lib/errors.ts";
import type { SessionStatus } from "#lib/session-state.ts";
import { sessions } from "#drizzle/schema/sessions.ts";
import { requireTeamAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Database } from "#server/database/database.ts";

export interface SessionSummary {
  sessionId: string;
  title: string;
  status: SessionStatus;
  /** What a session without a workspace says it was about; null when it does not. */
  repository: string | null;
  baseBranch: string | null;
  agentId: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface SessionPage {
  /** Most recently changed first. */
  sessions: SessionSummary[];
  /** Opaque; null on the last page. */
  nextCursor: string | null;
}

interface ListOptions {
  limit: number;
  cursor?: string | null | undefined;
  /** Part of a title or repository, case ignored. */
  query?: string | undefined;
}

/** One page of the team's sessions. Throws `forbidden` for a token that may not read. */
export async function listSessions(
  { db }: Database,
  viewer: Viewer,
  { limit, cursor, query }: ListOptions,
): Promise<SessionPage> {
  requireTeamAction(viewer, { teamId: viewer.teamId, action: "read" });
  const after = cursor ? parseCursor(cursor) : null;
  const pattern = query ? `%${query.replace(/[\\%_]/g, "\\$&")}%` : null;
  const rows = await db
    .select({
      sessionId: sessions.id,
      title: sessions.title,
      status: sessions.status,
      repository: sql<string | null>`coalesce(${sessions.repository}, ${sessions.gitOrigin})`,
      baseBranch: sql<
        string | null
      >`coalesce(${sessions.baseBranch}, ${sessions.requestedBranch}, ${sessions.gitBranch})`,
      agentId: sessions.agentId,
      createdAt: sessions.createdAt,
      updatedAt: sessions.updatedAt,
      /** Microseconds, so that no row is lost between two pages. */
      position: sql<string>`(extract(epoch from ${sessions.updatedAt}) * 1000000)::bigint::text`,
    })
    .from(sessions)
    .where(
      and(
        eq(sessions.teamId, viewer.teamId),
        isNull(sessions.deletedAt),
        after === null
          ? undefined
          : sql`(${sessions.updatedAt}, ${sessions.id}) < (timestamptz 'epoch' + ${after.position}::bigint * interval '1 microsecond', ${after.sessionId})`,
        pattern
          ? or(
              ilike(sessions.title, pattern),
              ilike(sessions.repository, pattern),
              ilike(sessions.gitOrigin, pattern),
            )
          : undefined,
      ),
    )
    .orderBy(desc(sessions.updatedAt), desc(sessions.id))
    .limit(limit + 1);

  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    sessions: page.map(toSummary),
    nextCursor: rows.length > limit && last ? `${last.position}_${last.sessionId}` : null,
  };
}

type Row = Omit<SessionSummary, "createdAt" | "updatedAt"> & { createdAt: Date; updatedAt: Date };

function toSummary(row: Row): SessionSummary {
  return {
    sessionId: row.sessionId,
    title: row.title,
    status: row.status,
    repository: row.repository,
    baseBranch: row.baseBranch,
    agentId: row.agentId,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

function parseCursor(cursor: string): { position: string; sessionId: string } {
  const match = /^(\d{1,18})_(ses_[0-9A-Za-z]{26})$/.exec(cursor);
  if (!match?.[1] || !match[2]) {
    throw new AppError("invalid_input", "This is not a cursor of the session list", {
      details: { field: "cursor" },
    });
  }
  return { position: match[1], sessionId: match[2] };
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
