import { AppError } from "#lib/errors.ts";
import { isBatchId } from "#lib/ids.ts";
import type { Batch, BatchItem, BatchItemState, BatchKind, BatchState } from "#lib/batch.ts";
import { requireTeamAction, type SessionAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Database, Sql } from "#server/database/database.ts";
import { type BatchItemRow, type BatchRow, selectBatch, selectItem } from "./batch-row.ts";

/** What may be asked of a batch before anything of it is shown. */
export interface BatchAccess {
  batchId: string;
  teamId: string;
  ownerId: string;
  kind: BatchKind;
  state: BatchState;
  expectedCount: number | null;
  defaults: Record<string, unknown>;
}

/** What a batch of a kind does to sessions, line by line. */
export const actionOfKind = { start: "write", import: "ingest" } as const satisfies Record<
  BatchKind,
  SessionAction
>;

/** `fill` sends lines, and what its kind does to sessions is asked for; `follow` asks how they do. */
export type BatchAction = "read" | "follow" | "fill";

/**
 * The one gate to a batch: unknown ids and other teams' are the same `not_found`. Whoever may fill or read a batch may
 * follow it. Throws `forbidden` for a token without the scope; to read, before anything is looked up.
 */
export async function requireBatch(
  { sql }: Database,
  viewer: Viewer,
  { batchId, action }: { batchId: string; action: BatchAction },
): Promise<BatchAccess> {
  if (action === "read") requireTeamAction(viewer, { teamId: viewer.teamId, action });
  const [batch] = isBatchId(batchId)
    ? await sql<BatchAccess[]>`
        select id as "batchId", team_id as "teamId", owner_id as "ownerId", kind, state,
          expected_count as "expectedCount", defaults
        from batches where id = ${batchId} and team_id = ${viewer.teamId}`
    : [];
  if (!batch) throw unknownBatch();
  const { teamId, kind } = batch;
  const isReader = viewer.scopes === null || viewer.scopes.includes("read");
  const isRead = action === "read" || (action === "follow" && isReader);
  requireTeamAction(viewer, { teamId, action: isRead ? "read" : actionOfKind[kind] });
  return batch;
}

const unknownBatch = () =>
  new AppError("not_found", "There is no such batch", { details: { field: "batchId" } });

/** One batch, whoever asks. Throws `not_found`. */
export async function readBatch({ sql }: Database, batchId: string): Promise<Batch> {
  const [row] = await sql<
    BatchRow[]
  >`select ${selectBatch(sql)} from batches b where id = ${batchId}`;
  if (!row) throw unknownBatch();
  return row;
}

/** The team's batches, newest first. */
export async function listBatches(
  { sql }: Database,
  viewer: Viewer,
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<Batch[]> {
  requireTeamAction(viewer, { teamId: viewer.teamId, action: "read" });
  return sql<BatchRow[]>`
    select ${selectBatch(sql)} from batches b
    where team_id = ${viewer.teamId} and (${before ?? null}::text is null or id < ${before ?? null})
    order by id desc limit ${limit}`;
}

export interface ItemsQuery {
  /** Null: any. */
  state: BatchItemState | null;
  /** Only items behind this index. */
  after: number;
  limit: number;
}

/** Items in the order of their index. */
export function listItems(
  { sql }: Database,
  batchId: string,
  { state, after, limit }: ItemsQuery,
): Promise<BatchItem[]> {
  return sql<BatchItemRow[]>`
    select ${selectItem(sql)} from batch_items
    where batch_id = ${batchId} and index > ${after} ${state ? sql`and state = ${state}` : sql``}
    order by index limit ${limit}`;
}

/** A line that could not be read and has no index, or one out of range. */
export interface Marker {
  position: number;
  lineNumber: number;
  offset: number;
  bytes: number;
  sha256: string;
  statedIndex: number | null;
  fault: string;
  reason: string;
}

/** Lines that belong nowhere, in the order of their places behind `after`; some more than `limit` for those of one place. */
export function listMarkers(
  { sql }: Database,
  batchId: string,
  { after = -1, limit }: { after?: number; limit: number },
): Promise<Marker[]> {
  return sql<Marker[]>`
    select position, line_number as "lineNumber", "offset"::float8 as "offset",
      bytes::float8 as bytes, sha256, stated_index::float8 as "statedIndex", fault, reason
    from batch_markers where batch_id = ${batchId} and not is_placed and position > ${after}
    order by position fetch first ${limit} rows with ties`;
}

const RANGES_MAX = 1_000;

export interface Missing {
  /** First and last index of each gap. */
  missing: [from: number, to: number][];
  /** There are more. */
  isCut: boolean;
}

/** Indexes that no line came for, up to the expected end, or to the last that came where none is known. */
export async function findMissing(sql: Sql, batchId: string): Promise<Missing> {
  const rows = await sql<{ from: number; to: number }[]>`
    select index + 1 as "from", next - 1 as "to"
    from (
      select index, lead(index) over (order by index) as next
      from (
        select index from batch_items where batch_id = ${batchId}
        union all select -1
        union all select expected_count from batches
          where id = ${batchId} and expected_count is not null
      ) as known
    ) as gaps
    where next > index + 1 order by index limit ${RANGES_MAX + 1}`;
  const missing = rows.slice(0, RANGES_MAX).map(({ from, to }): [number, number] => [from, to]);
  return { missing, isCut: rows.length > RANGES_MAX };
}
