import { AppError } from "#lib/errors.ts";
import type { TransactionSql } from "#server/database/database.ts";
import type { StoredItem } from "./decide-items.ts";
import type { MessageRow } from "./plan-messages.ts";
import type { LockedSession } from "./plan-session.ts";
import type { PreparedItem } from "./prepare-item.ts";

interface SessionTarget {
  sessionId: string;
  generation: number;
  fence?: number | undefined;
}

/**
 * Locks the session's row until the transaction ends, and turns table scans off for it: statements are prepared once
 * per connection, and a plan that was made while a table was small would read it whole for every batch of a first
 * large import. The lock keeps off other writers, delete and a new generation,
 * but not new rows that merely refer to the session, such as prompts. `gone` when it is deleted or has moved on.
 */
export async function lockSession(
  tx: TransactionSql,
  target: SessionTarget,
): Promise<LockedSession> {
  const { sessionId, generation } = target;
  const [row] = await tx<SessionRow[]>`
    select set_config('enable_seqscan', 'off', true), generation, deleted_at is not null as "isDeleted", team_id as "teamId", counter, last_seq as "lastSeq",
      title, title_source as "titleSource", cost_usd as "costUsd", tokens, model, model_source as "modelSource",
      parent_id as "parentId", git_origin as "gitOrigin", git_branch as "gitBranch",
      reported_status as "reportedStatus", reported_end as "reportedEnd", turns_uncounted_from as "turnsUncountedFrom",
      skipped_item_count as "skippedItemCount"
    from sessions where id = ${sessionId} for no key update`.execute();
  if (!row || row.isDeleted || row.generation !== generation) {
    throw new AppError("gone", "The session was deleted", { details: { sessionId, generation } });
  }
  return {
    ...row,
    counter: Number(row.counter),
    lastSeq: Number(row.lastSeq),
    tokens: row.tokens === null ? null : Number(row.tokens),
  };
}

interface SessionRow extends Omit<LockedSession, "counter" | "lastSeq" | "tokens"> {
  generation: number;
  isDeleted: boolean;
  counter: string;
  lastSeq: string;
  tokens: string | null;
}

/**
 * Keeps the lease as it is until the transaction ends: a take-over waits, or was first and is seen here. `conflict`
 * when the fence is not the lease's any more, or the lease ran out by the database's clock. Nothing without a fence.
 */
export async function lockLease(
  tx: TransactionSql,
  { sessionId, fence }: SessionTarget,
): Promise<void> {
  if (fence === undefined) return;
  const rows = await tx`
    select from leases
    where session_id = ${sessionId} and fence = ${fence} and process_id is not null
      and expires_at > clock_timestamp()
    for share`;
  if (rows.length === 0) {
    throw new AppError("conflict", "Another worker owns the session", {
      details: { sessionId, fence },
    });
  }
}

/**
 * What is stored under the identities of `items`, bodies left out. Asks for the first row from each identity on, in the
 * order of the primary key, instead of for equality: before the table is analysed, PostgreSQL takes a session for one
 * row and would read all of it through another index.
 */
export async function findStoredItems(
  tx: TransactionSql,
  { sessionId, generation }: SessionTarget,
  items: readonly PreparedItem[],
): Promise<StoredItem[]> {
  if (items.length === 0) return [];
  const rows = await tx<StoredItemRow[]>`
    select i.ctid::text as "rowId", i.type, i.message_id as "messageId", i.part_id as "partId",
      i.first_seq as "firstSeq", i.version_received as received, i.version_index as index, i.blob_id as "blobId",
      i.byte_size as "byteSize", i.body_sha256 as sha256, i.deleted,
      encode(sha256(convert_to(i.envelope, 'UTF8')), 'hex') as "envelopeSha256"
    from unnest(
      ${items.map((item) => item.type)}::text[],
      ${items.map((item) => item.messageId)}::text[],
      ${items.map((item) => item.partId)}::text[]
    ) as wanted(type, message_id, part_id)
    cross join lateral (
      select i.ctid, i.* from items i
      where (i.session_id, i.generation, i.type, i.message_id, i.part_id)
        >= (${sessionId}, ${generation}::integer, wanted.type, wanted.message_id, wanted.part_id)
      order by i.session_id, i.generation, i.type, i.message_id, i.part_id limit 1
    ) i
    where i.session_id = ${sessionId} and i.generation = ${generation}
      and i.type = wanted.type and i.message_id = wanted.message_id and i.part_id = wanted.part_id`;
  return rows.map((row) => ({
    ...row,
    firstSeq: Number(row.firstSeq),
    received: Number(row.received),
    byteSize: Number(row.byteSize),
  }));
}

interface StoredItemRow extends Omit<StoredItem, "firstSeq" | "received" | "byteSize"> {
  firstSeq: string;
  received: string;
  byteSize: string;
}

/** The rows of the messages that `items` are or belong to; asked for as `findStoredItems` asks, for its reason. */
export async function findMessageRows(
  tx: TransactionSql,
  { sessionId, generation }: SessionTarget,
  items: readonly PreparedItem[],
): Promise<MessageRow[]> {
  const messageIds = [...new Set(items.map((item) => item.messageId))];
  if (messageIds.length === 0) return [];
  const rows = await tx<StoredMessageRow[]>`
    select m.message_id as "messageId", role, sort_key as "sortKey", first_seq as "firstSeq", turn,
      part_count as "partCount", bytes, cost_usd as "costUsd", tokens, model, deleted
    from unnest(${messageIds}::text[]) as wanted(message_id)
    cross join lateral (
      select m.* from messages m
      where (m.session_id, m.generation, m.message_id) >= (${sessionId}, ${generation}::integer, wanted.message_id)
      order by m.session_id, m.generation, m.message_id limit 1
    ) m
    where m.session_id = ${sessionId} and m.generation = ${generation} and m.message_id = wanted.message_id`;
  return rows.map((row) => ({
    ...row,
    firstSeq: Number(row.firstSeq),
    bytes: Number(row.bytes),
    tokens: row.tokens === null ? null : Number(row.tokens),
  }));
}

interface StoredMessageRow extends Omit<MessageRow, "firstSeq" | "bytes" | "tokens"> {
  firstSeq: string;
  bytes: string;
  tokens: string | null;
}
