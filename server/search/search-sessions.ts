import { AppError } from "#lib/errors.ts";
import type { SearchKind } from "#lib/search-hit.ts";
import { requireTeamAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Database, Fragment, Sql, TransactionSql } from "#server/database/database.ts";
import { codeOf } from "#server/items/failure-kind.ts";
import type { SessionPage } from "#server/sessions/list-sessions.ts";
import {
  likePattern,
  type SessionFilters,
  whereFilters,
} from "#server/sessions/session-filters.ts";
import {
  fromSessions,
  selectSummary,
  type SummaryRow,
  toSummary,
} from "#server/sessions/session-summary.ts";
import { makeSnippet } from "./make-snippet.ts";
import { parseSearch, type Search, type SearchClause, toTsQuery } from "./parse-search.ts";

export interface SearchQuery {
  filters: SessionFilters;
  query: string;
  limit: number;
  cursor?: string | null | undefined;
}

/** Places that are ranked: a word that stands everywhere is found in so many, and the answer says that it is partial. */
const PLACES_MAX = 20_000;
const TIMEOUT_MS = 3_000;
/** As the index of trigrams has it. */
const TRIGRAM_CHARACTERS = 4_096;
const TRIGRAM_MIN_CHARACTERS = 3;
const QUERY_CANCELLED = "57014";

/** How texts are looked through: by their words, or for characters inside of words when no word is found. */
type Way = "words" | "characters" | "names";

interface Cursor {
  way: Way;
  score: number;
  sessionId: string;
}

/**
 * One page of the team's sessions in which something was found, best first: by title, repository, branch or id before
 * what was asked, answered, handed to tools and got from them, in this order; then by the number of places. Each session
 * comes once, with its best place. No query is an error. What takes longer than 3 s is answered from the names alone.
 * Throws `forbidden` for a token that may not read.
 */
export async function searchSessions(
  database: Database,
  viewer: Viewer,
  request: SearchQuery,
): Promise<SessionPage> {
  requireTeamAction(viewer, { teamId: viewer.teamId, action: "read" });
  const after = request.cursor ? parseCursor(request.cursor) : null;
  const search = parseSearch(request.query);
  if (search.length === 0)
    return { sessions: [], nextCursor: null, isPartial: false, isBehind: false };
  const find = (way: Way) => findSessions(database, viewer, { ...request, search, way, after });
  try {
    if (after) return await find(after.way);
    const found = await find("words");
    const hasHits = found.sessions.some((session) => session.hit !== null);
    return hasHits || !(await hasTrigrams(database)) ? found : await find("characters");
  } catch (error) {
    if (codeOf(error) !== QUERY_CANCELLED) throw error;
    return { ...(await find("names")), isPartial: true };
  }
}

interface Find extends SearchQuery {
  search: Search;
  way: Way;
  after: Cursor | null;
}

interface FoundRow extends SummaryRow {
  score: number;
  kind: SearchKind | null;
  messageId: string;
  partId: string;
  placeCount: number;
  text: string;
  isCut: boolean;
}

async function findSessions(
  { sql }: Database,
  viewer: Viewer,
  { filters, search, way, after, limit }: Find,
): Promise<SessionPage> {
  const [behind, rows] = await sql.begin("read only", async (tx) => {
    await tx`select set_config('statement_timeout', ${String(TIMEOUT_MS)}, true)`;
    // Asked first: what is indexed between the two is found, and never lacks without a word.
    const lag = await tx<{ isBehind: boolean }[]>`select ${isBehind(sql, viewer)} as "isBehind"`;
    const found = await tx<FoundRow[]>`
      with places as materialized (
        ${selectPlaces(sql, viewer, { filters, search, way })}
      ), best as (
        select distinct on (session_id) *, count(*) over (partition by session_id) as place_count
        from places order by session_id, weight desc, sort_key, first_seq, part_id, place
      ), scored as (
        select s.id, best.*, (
          case when ${whereNames(sql, search)} then 1000 else 0 end + coalesce(weight, 0) * 100
          + least(99, round(10 * ln(coalesce(place_count, 0) + 1)))
        )::integer as score
        from sessions s
        left join session_reads r on r.session_id = s.id and r.user_id = ${viewer.userId} and r.generation = s.generation
        left join best on best.session_id = s.id
        where ${whereFilters(sql, viewer, filters)} and (best.session_id is not null or ${whereNames(sql, search)})
      ), page as (
        select * from scored
        where ${after === null ? sql`true` : sql`(score, id) < (${after.score}, ${after.sessionId})`}
        order by score desc, id desc limit ${limit + 1}
      )
      select ${selectSummary(sql)}, page.score, page.kind, page.message_id as "messageId", page.part_id as "partId",
        coalesce(page.place_count, 0)::int as "placeCount", t.text,
        (select count(*) from places) > ${PLACES_MAX} as "isCut"
      ${fromSessions(sql, viewer)}
      join page on page.id = s.id
      left join search_texts t on t.session_id = s.id and t.generation = s.generation
        and t.message_id = page.message_id and t.part_id = page.part_id and t.place = page.place
      order by page.score desc, s.id desc`;
    return [lag, found];
  });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    sessions: page.map((row) => toSummary(row, toHit(row, search))),
    nextCursor: rows.length > limit && last ? `${way}_${last.score}_${last.sessionId}` : null,
    isPartial: rows.some((row) => row.isCut),
    isBehind: behind[0]?.isBehind ?? false,
  };
}

/** Places where the search holds, of sessions that the viewer may see, without what was deleted. */
function selectPlaces(
  sql: Sql,
  viewer: Viewer,
  { filters, search, way }: Pick<Find, "filters" | "search" | "way">,
): Fragment {
  const condition = wherePlace(sql, search, way);
  return sql`
    select t.session_id, t.message_id, t.part_id, t.place, m.sort_key, m.first_seq,
      case when t.place <> 'text' then t.place when m.role = 'user' then 'prompt' else 'answer' end as kind,
      case t.place when 'text' then case m.role when 'user' then 4 else 3 end when 'input' then 2 else 1 end as weight
    from search_texts t
    join sessions s on s.id = t.session_id and s.generation = t.generation
    left join session_reads r on r.session_id = s.id and r.user_id = ${viewer.userId} and r.generation = s.generation
    left join messages m on m.session_id = t.session_id and m.generation = t.generation and m.message_id = t.message_id
    where ${condition} and m.deleted is distinct from true and ${whereFilters(sql, viewer, filters)}
    limit ${PLACES_MAX + 1}`;
}

function wherePlace(sql: Sql, search: Search, way: Way): Fragment {
  const query = toTsQuery(search);
  const isLong = search.flat().every(({ literal }) => literal.length >= TRIGRAM_MIN_CHARACTERS);
  if (way === "words" && query !== null) return sql`t.words @@ to_tsquery('simple', ${query})`;
  if (way !== "characters" || !isLong) return sql`false`;
  const start = sql`left(t.text, ${sql.unsafe(String(TRIGRAM_CHARACTERS))})`;
  return sql`t.place <> 'output' and ${whereText(sql, start, search)}`;
}

/** Titles and the like are few: they are looked through as they are. An id is found as a whole. */
function whereNames(sql: Sql, search: Search): Fragment {
  const names = sql`
    concat_ws(' ', s.title, coalesce(s.repository, s.git_origin), s.work_branch,
      coalesce(s.base_branch, s.requested_branch, s.git_branch))`;
  const ids = search.flat().flatMap(({ literal, isNegated }) => (isNegated ? [] : literal));
  return sql`
    (${whereText(sql, names, search)} or s.id = any(${ids}::text[]) or s.external_id = any(${ids}::text[]))`;
}

function whereText(sql: Sql, text: Fragment, search: Search): Fragment {
  const holds = ({ literal, isNegated }: SearchClause) =>
    isNegated
      ? sql`${text} not ilike ${likePattern(literal)}`
      : sql`${text} ilike ${likePattern(literal)}`;
  const alternatives = search.map((clauses) =>
    clauses.map(holds).reduce((all, condition) => sql`${all} and ${condition}`),
  );
  return sql`(${alternatives.reduce((any, alternative) => sql`${any} or ${alternative}`)})`;
}

/** Something of the team's is not in the index yet. */
const isBehind = (sql: Sql, viewer: Viewer): Fragment => sql`
  exists (
    select from sessions behind
    left join search_cursors c on c.session_id = behind.id and c.generation = behind.generation
    where behind.team_id = ${viewer.teamId} and behind.deleted_at is null
      and behind.last_seq > coalesce(c.seq, 0)
  )`;

async function hasTrigrams({ sql }: { sql: Sql | TransactionSql }): Promise<boolean> {
  const [row] = await sql<{ found: boolean }[]>`
    select to_regclass('search_texts_trigrams') is not null as found`;
  return row?.found ?? false;
}

function toHit(row: FoundRow, search: Search) {
  const { kind, messageId, partId, placeCount, text } = row;
  if (kind === null) return null;
  return { kind, messageId, partId, count: placeCount, ...makeSnippet(text, search) };
}

function parseCursor(cursor: string): Cursor {
  const match = /^(words|characters|names)_(\d{1,9})_(ses_[0-9A-Za-z]{26})$/.exec(cursor);
  if (!match?.[3]) {
    throw new AppError("invalid_input", "This is not a cursor of a search", {
      details: { field: "cursor" },
    });
  }
  return { way: match[1] as Way, score: Number(match[2]), sessionId: match[3] };
}
