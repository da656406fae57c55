import { AppError } from "#lib/errors.ts";
import { isBatchId } from "#lib/ids.ts";
import type { Batch, BatchItem, BatchKind, BatchState, LineChoice } from "#lib/batch.ts";
import { requireTeamAction, type SessionAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Database, Fragment, Sql } from "#server/database/database.ts";
import { selectBatch, selectItem } from "./batch-row.ts";

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

/**
 * `fill` sends lines: only whoever made the batch, whose sessions they become. `change` seals, aborts or tries again; for
 * both, what its kind does to sessions is asked for. `follow` asks how lines do.
 */
export type BatchAction = "read" | "follow" | "change" | "fill";

/**
 * The one gate to a batch: unknown ids and other teams' are the same `not_found`. Whoever may fill or read a batch may
 * follow it. Throws `forbidden` for a token without the scope, to read before anything is looked up, and for whoever
 * fills what somebody else made.
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
  if (action === "fill" && batch.ownerId !== viewer.userId)
    throw new AppError("forbidden", "Only whoever made the batch can send lines to it");
  return batch;
}

const unknownBatch = () =>
  new AppError("not_found", "There is no such batch", { details: { field: "batchId" } });

/** One batch, whoever asks. Throws `not_found`. */
export async function readBatch({ sql }: Database, batchId: string): Promise<Batch> {
  const [row] = await sql<Batch[]>`
    select ${selectBatch(sql)} from batches b where id = ${batchId}`;
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
  return sql<Batch[]>`
    select ${selectBatch(sql)} from batches b
    where team_id = ${viewer.teamId} and (${before ?? null}::text is null or id < ${before ?? null})
    order by id desc limit ${limit}`;
}

export interface ItemsQuery {
  /** Null: any. */
  state: LineChoice | null;
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
  return sql<BatchItem[]>`
    select ${selectItem(sql)} from batch_items
    where batch_id = ${batchId} and index > ${after} ${state ? sql`and ${isOf(sql, state)}` : sql``}
    order by index limit ${limit}`;
}

function isOf(sql: Sql, choice: LineChoice): Fragment {
  switch (choice) {
    case "conflict":
      return sql`conflict_sha256 is not null`;
    case "oversized":
      return sql`fault = 'too_large'`;
    default:
      return sql`state = ${choice}`;
  }
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

export interface MarkersQuery {
  /** Only lines behind this place … */
  after?: number;
  /** … or at it, with a greater hash: several requests may have brought lines of one place. */
  afterSha256?: string | undefined;
  limit: number;
}

/** They are hex, and sorted by their bytes. */
const BEHIND_ALL_HASHES = "g";

/** Lines that belong nowhere, in the order of their places, and of their hashes where they have the same. */
export function listMarkers(
  { sql }: Database,
  batchId: string,
  { after = -1, afterSha256 = BEHIND_ALL_HASHES, limit }: MarkersQuery,
): Promise<Marker[]> {
  return sql<Marker[]>`
    select position, line_number as "lineNumber", "offset"::float8 as "offset",
      bytes::float8 as bytes, sha256, stated_index::float8 as "statedIndex", fault, reason
    from batch_markers where batch_id = ${batchId} and not is_placed and (position, sha256) > (${after}, ${afterSha256})
    order by position, sha256 limit ${limit}`;
}
