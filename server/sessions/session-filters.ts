import { z } from "zod";
import { SEARCH_QUERY_MAX_CHARACTERS } from "#lib/limits.ts";
import { sessionStatuses } from "#lib/session-state.ts";
import { shelves } from "#lib/shelf.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Fragment, Sql } from "#server/database/database.ts";
import { selectStatus } from "./select-status.ts";

const VALUES_MAX = 50;
const VALUE_MAX_CHARACTERS = 2_048;

const filterText = z
  .string()
  .max(VALUE_MAX_CHARACTERS)
  .refine((text) => !text.includes("\0"), "The text holds a NUL character");
const filterTexts = z.array(filterText).min(1).max(VALUES_MAX);

/** What a list is narrowed by; all of it must hold, of a list of values any one. */
export const sessionFilters = z.object({
  /** `all`: everything but the trash. */
  shelf: z.enum([...shelves, "all"]).default("open"),
  /** Part of it, case ignored. */
  title: filterText.optional(),
  repositories: filterTexts.optional(),
  branches: filterTexts.optional(),
  agents: filterTexts.optional(),
  sources: filterTexts.optional(),
  statuses: z.array(z.enum(sessionStatuses)).min(1).max(VALUES_MAX).optional(),
  isPinned: z.boolean().optional(),
  /** With something that whoever asks has not read. */
  isUnread: z.boolean().optional(),
  /** Last changed at this moment or later, … */
  changedFrom: z.iso.datetime({ offset: true }).optional(),
  /** … and before this one. */
  changedBefore: z.iso.datetime({ offset: true }).optional(),
});

export type SessionFilters = z.infer<typeof sessionFilters>;

/** What was typed, wherever it may stand. */
export const searchText = filterText.trim().max(SEARCH_QUERY_MAX_CHARACTERS);

/** The condition for tables `s` and `r`, of the viewer's team and without what was deleted. */
export function whereFilters(sql: Sql, viewer: Viewer, filters: SessionFilters): Fragment {
  const { title, repositories, branches, agents, sources, statuses } = filters;
  const conditions = [
    sql`s.team_id = ${viewer.teamId} and s.deleted_at is null`,
    whereShelf(sql, filters.shelf),
    title !== undefined && sql`s.title ilike ${likePattern(title)}`,
    repositories && sql`coalesce(s.repository, s.git_origin) = any(${repositories}::text[])`,
    branches &&
      sql`coalesce(s.base_branch, s.requested_branch, s.git_branch) = any(${branches}::text[])`,
    agents && sql`s.agent_id = any(${agents}::text[])`,
    sources && sql`s.source = any(${sources}::text[])`,
    statuses && sql`${selectStatus(sql, "s")} = any(${statuses}::text[])`,
    filters.isPinned !== undefined && sql`(s.pinned_at is not null) = ${filters.isPinned}`,
    filters.isUnread !== undefined && sql`(s.last_seq > coalesce(r.seq, 0)) = ${filters.isUnread}`,
    filters.changedFrom && sql`s.updated_at >= ${filters.changedFrom}::text::timestamptz`,
    filters.changedBefore && sql`s.updated_at < ${filters.changedBefore}::text::timestamptz`,
  ];
  const stated = conditions.filter((condition) => typeof condition === "object");
  return stated.reduce((all, condition) => sql`${all} and ${condition}`);
}

function whereShelf(sql: Sql, shelf: SessionFilters["shelf"]): Fragment {
  switch (shelf) {
    case "open":
      return sql`s.trashed_at is null and s.archived_at is null`;
    case "archive":
      return sql`s.trashed_at is null and s.archived_at is not null`;
    case "all":
      return sql`s.trashed_at is null`;
    case "trash":
      return sql`s.trashed_at is not null`;
  }
}

/** For `ilike`: the text anywhere, and nothing in it means anything. */
export const likePattern = (text: string) => `%${text.replace(/[\\%_]/g, String.raw`\$&`)}%`;
