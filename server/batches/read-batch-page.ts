import type { BatchItem, LineFault } from "#lib/batch.ts";
import type { SessionStatus } from "#lib/session-state.ts";
import type { Database } from "#server/database/database.ts";
import { type ItemsQuery, listItems } from "./read-batches.ts";

/** A line with the session that came of it, as a page lists them. */
export interface BatchItemWithSession extends BatchItem {
  /** Null where there is none, or none any more. */
  session: { title: string; status: SessionStatus; costUsd: number | null } | null;
}

/** Items in the order of their index. */
export async function listItemsWithSessions(
  database: Database,
  batchId: string,
  query: ItemsQuery,
): Promise<BatchItemWithSession[]> {
  const items = await listItems(database, batchId, query);
  const sessionIds = items.flatMap(({ sessionId }) => sessionId ?? []);
  const rows = await database.sql<
    (NonNullable<BatchItemWithSession["session"]> & { sessionId: string })[]
  >`
    select id as "sessionId", title, status, cost_usd::float8 as "costUsd"
    from sessions where id = any(${sessionIds}::text[]) and deleted_at is null`;
  const sessions = new Map(rows.map(({ sessionId, ...session }) => [sessionId, session]));
  return items.map((item) => ({ ...item, session: sessions.get(item.sessionId ?? "") ?? null }));
}

/** Why lines failed. */
export interface FailureReason {
  fault: LineFault | null;
  reason: string;
  count: number;
  firstIndex: number;
}

const REASONS_MAX = 20;

/** The most frequent ones first. */
export async function readReasons({ sql }: Database, batchId: string): Promise<FailureReason[]> {
  return sql<FailureReason[]>`
    select fault, coalesce(reason, 'No reason was kept') as reason, count(*)::int as count,
      min(index) as "firstIndex"
    from batch_items where batch_id = ${batchId} and state = 'failed'
    group by fault, 2 order by count desc, min(index) limit ${REASONS_MAX}`;
}

const TITLE_CHARACTERS = 200;

/** What batches are about: the prompt that their lines share, else the title of their first session. */
export async function readTitles(
  { sql }: Database,
  batchIds: readonly string[],
): Promise<Map<string, string>> {
  const rows = await sql<{ batchId: string; title: string | null }[]>`
    select b.id as "batchId", left(coalesce(b.defaults ->> 'prompt', first.title), ${TITLE_CHARACTERS}) as title
    from batches b
    left join lateral (
      select s.title from batch_items i join sessions s on s.id = i.session_id
      where i.batch_id = b.id and s.deleted_at is null order by i.index limit 1
    ) as first on true
    where b.id = any(${[...batchIds]}::text[])`;
  return new Map(rows.flatMap(({ batchId, title }) => (title ? [[batchId, title]] : [])));
}
