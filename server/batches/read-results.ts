import type { BatchItemState } from "#lib/batch.ts";
import type { SessionStatus } from "#lib/session-state.ts";
import type { Database } from "#server/database/database.ts";
import { selectStatus } from "#server/sessions/select-status.ts";

const PAGE_ROWS = 500;

/** What became of a line, and where to read it. */
export interface BatchResult {
  index: number;
  state: BatchItemState;
  reason: string | null;
  /** As of a `BatchItem`. */
  storedCount: number | null;
  skippedCount: number | null;
  sessionId: string | null;
  /** Of the session, as it is now; null where there is none. */
  session: {
    title: string;
    /** As its page has it. */
    status: SessionStatus;
    costUsd: number | null;
    tokens: number | null;
    /** Where its page is … */
    page: string;
    /** … and all that it holds, however large. */
    export: string;
  } | null;
}

/** What became of all lines, in the order of their indexes, a line of JSON for each. Holds one page of rows. */
export async function* readResults({ sql }: Database, batchId: string): AsyncGenerator<string> {
  for (let after = -1; ;) {
    const rows: BatchResult[] = await sql<BatchResult[]>`
      select i.index, i.state, reason, i.stored_count as "storedCount",
        i.skipped_count as "skippedCount", i.session_id as "sessionId",
        case when s.id is not null then json_build_object(
          'title', s.title, 'status', ${selectStatus(sql, "s")}, 'costUsd', s.cost_usd, 'tokens', s.tokens,
          'page', '/sessions/' || s.id, 'export', '/api/v1/sessions/' || s.id || '/export'
        ) end as session
      from batch_items i left join sessions s on s.id = i.session_id and s.deleted_at is null
      where i.batch_id = ${batchId} and i.index > ${after}
      order by i.index limit ${PAGE_ROWS}`;
    const last = rows.at(-1);
    if (!last) return;
    yield `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`;
    after = last.index;
  }
}
