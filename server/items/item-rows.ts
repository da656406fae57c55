import { AppError } from "#lib/errors.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { cutPreview } from "./cut-preview.ts";
import type { Decision } from "./decide-items.ts";
import { blameItems } from "./failure-kind.ts";
import type { ItemChange, MessagePosition, MessageRow } from "./plan-messages.ts";
import type { RefusedItem } from "./prepare-item.ts";

interface Target {
  sessionId: string;
  generation: number;
}

interface ReceivedTarget extends Target {
  received: number;
}

/**
 * Stores what changed, in as few statements as there are powers of two in the count: the driver prepares one statement
 * per number of rows, and eight of them per connection are enough this way. The session's row is locked and decided
 * upon, so every row must be written; the guard is there for the day when somebody writes without that lock.
 */
export function upsertItems(
  tx: TransactionSql,
  target: ReceivedTarget & { bodyBlobId: string | null },
  changes: readonly ItemChange[],
): Promise<void>[] {
  return inPowersOfTwo(changes.map((change) => itemRow(target, change))).map(async (rows) => {
    const { count } = await tx`
      insert into items ${tx(rows)}
      on conflict (session_id, generation, type, message_id, part_id) do update set
        seq = excluded.seq, version_received = excluded.version_received, version_index = excluded.version_index,
        body = excluded.body, blob_id = excluded.blob_id, envelope = excluded.envelope,
        byte_size = excluded.byte_size, body_sha256 = excluded.body_sha256, preview = excluded.preview,
        deleted = excluded.deleted, updated_at = now()
      where (items.version_received, items.version_index) < (excluded.version_received, excluded.version_index)`.catch(
      blameItems,
    );
    if (count !== rows.length)
      throw new AppError("internal", "Items were written without the lock of their session");
  });
}

function itemRow(
  { sessionId, generation, received, bodyBlobId }: ReceivedTarget & { bodyBlobId: string | null },
  { item, seq, previous }: ItemChange,
) {
  return {
    session_id: sessionId,
    generation,
    type: item.type,
    message_id: item.messageId,
    part_id: item.partId,
    first_seq: previous?.firstSeq ?? seq,
    seq,
    version_received: received,
    version_index: item.index,
    body: item.text,
    blob_id: item.large ? bodyBlobId : null,
    envelope: item.envelope,
    byte_size: item.byteSize,
    body_sha256: item.sha256,
    preview: item.large ? cutPreview(item.large) : null,
    deleted: item.deleted,
  };
}

/** Keeps the version of an equal body that came again; nobody sees a change. */
export async function raiseVersions(
  tx: TransactionSql,
  { received }: Pick<ReceivedTarget, "received">,
  decisions: readonly Decision[],
): Promise<void> {
  if (decisions.length === 0) return;
  await tx`
    update items i set version_received = ${received}, version_index = raised.version_index
    from unnest(
      ${decisions.map(({ previous }) => previous!.rowId)}::text[]::tid[],
      ${decisions.map(({ item }) => item.index)}::integer[]
    ) as raised(row_id, version_index)
    where i.ctid = raised.row_id`;
}

/** Writes whole rows of `messages`; their turns are counted afterwards. */
export function upsertMessages(
  tx: TransactionSql,
  { sessionId, generation }: Target,
  messages: readonly MessageRow[],
): Promise<void>[] {
  const rows = messages.map((message) => ({
    session_id: sessionId,
    generation,
    message_id: message.messageId,
    role: message.role,
    sort_key: message.sortKey,
    first_seq: message.firstSeq,
    part_count: message.partCount,
    bytes: message.bytes,
    cost_usd: message.costUsd,
    tokens: message.tokens,
    deleted: message.deleted,
  }));
  return inPowersOfTwo(rows).map(async (some) => {
    await tx`
      insert into messages ${tx(some)}
      on conflict (session_id, generation, message_id) do update set
        role = excluded.role, sort_key = excluded.sort_key, part_count = excluded.part_count, bytes = excluded.bytes,
        cost_usd = excluded.cost_usd, tokens = excluded.tokens, deleted = excluded.deleted`.catch(
      blameItems,
    );
  });
}

/**
 * Numbers the turns from `from` on: prompts that have come up to and including each message. Messages that have not
 * come themselves keep 0. Nearly always that is the end of the session; a prompt that arrives late renumbers the rest.
 */
export async function countTurns(
  tx: TransactionSql,
  { sessionId, generation }: Target,
  from: MessagePosition | null,
): Promise<void> {
  if (from === null) return;
  const { sortKey, firstSeq } = from;
  await tx`
    with counted as (
      select ctid as row_id, turn as turn_before,
        coalesce((
          select turn from messages
          where session_id = ${sessionId} and generation = ${generation} and role is not null
            and (sort_key, first_seq) < (${sortKey}, ${firstSeq})
          order by sort_key desc, first_seq desc limit 1
        ), 0) + count(*) filter (where role = 'user' and not deleted) over (order by sort_key, first_seq) as turn
      from messages
      where session_id = ${sessionId} and generation = ${generation} and role is not null
        and (sort_key, first_seq) >= (${sortKey}, ${firstSeq})
    )
    update messages m set turn = counted.turn
    from counted
    where m.ctid = counted.row_id and counted.turn_before <> counted.turn`;
}

/** Notes refusals, each once however often its upload is repeated. Returns how many were new. */
export async function addSkippedItems(
  tx: TransactionSql,
  { sessionId, generation, received }: ReceivedTarget,
  refused: readonly RefusedItem[],
): Promise<number> {
  if (refused.length === 0) return 0;
  const { count } = await tx`
    insert into skipped_items
      (session_id, generation, received, item_index, byte_size, reason, type, message_id, part_id)
    select ${sessionId}, ${generation}, ${received}, refused.*
    from unnest(
      ${refused.map((item) => item.index)}::integer[],
      ${refused.map((item) => item.byteSize)}::bigint[],
      ${refused.map((item) => item.reason)}::text[],
      ${refused.map((item) => item.type)}::text[],
      ${refused.map((item) => item.messageId)}::text[],
      ${refused.map((item) => item.partId)}::text[]
    ) as refused(item_index, byte_size, reason, type, message_id, part_id)
    where not exists (
      select from skipped_items s
      where s.session_id = ${sessionId} and s.generation = ${generation} and s.received = ${received}
        and s.item_index = refused.item_index
    )`;
  return count;
}

/** 77 rows become lists of 64, 8, 4 and 1. */
function inPowersOfTwo<T>(rows: readonly T[]): T[][] {
  const lists: T[][] = [];
  let start = 0;
  while (start < rows.length) {
    const size = 2 ** Math.floor(Math.log2(rows.length - start));
    lists.push(rows.slice(start, start + size));
    start += size;
  }
  return lists;
}
