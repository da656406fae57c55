import type { BatchItem, LineFault } from "#lib/batch.ts";
import type { SessionStatus } from "#lib/session-state.ts";
import type { Database } from "#server/database/database.ts";
import { selectStatus } from "#server/sessions/select-status.ts";
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
    select id as "sessionId", title, ${selectStatus(database.sql, "s")} as status,
      cost_usd::float8 as "costUsd"
    from sessions s where id = any(${sessionIds}::text[]) and deleted_at is null`;
  const sessions = new Map(rows.map(({ sessionId, ...session }) => [sessionId, session]));
  return items.map((item) => ({ ...item, session: sessions.get(item.sessionId ?? "") ?? null }));
}

/** Why lines failed. */
export interface FailureReason {
  fault: LineFault | null;
  /** Null where the fault says it, and reasons differ by the number of the line only. */
  reason: string | null;
  count: number;
  firstIndex: number;
}

export interface Failures {
  /** The most frequent ones first; of very many different ones not all. */
  reasons: FailureReason[];
  /** Lines that could not be read: trying them again does not help, sending them again does. */
  unreadableCount: number;
}

const REASONS_MAX = 20;

export async function readFailures({ sql }: Database, batchId: string): Promise<Failures> {
  const rows = await sql<(FailureReason & { unreadableCount: number })[]>`
    select fault, reason, count(*)::int as count, min(index) as "firstIndex",
      (sum(count(fault)) over ())::int as "unreadableCount"
    from (
      select fault, index, case
        when fault in ('not_utf8', 'not_json', 'not_object', 'too_large') then null
        else coalesce(reason, 'No reason was kept')
      end as reason
      from batch_items where batch_id = ${batchId} and state = 'failed'
    ) as failed
    group by fault, reason order by count(*) desc, min(index) limit ${REASONS_MAX}`;
  const reasons = rows.map(({ unreadableCount: _all, ...reason }) => reason);
  return { reasons, unreadableCount: rows[0]?.unreadableCount ?? 0 };
}

const TITLE_CHARACTERS = 200;

/** Prompts that all lines of a batch share: what it is about. */
export async function readTitles(
  { sql }: Database,
  batchIds: readonly string[],
): Promise<Map<string, string>> {
  const rows = await sql<{ batchId: string; title: string }[]>`
    select id as "batchId", left(defaults ->> 'prompt', ${TITLE_CHARACTERS}) as title
    from batches
    where id = any(${[...batchIds]}::text[]) and defaults ->> 'prompt' <> ''`;
  return new Map(rows.map(({ batchId, title }) => [batchId, title]));
}
