import type { Fragment, TransactionSql } from "#server/database/database.ts";
import { blameItems } from "./failure-kind.ts";
import type { MessagePosition, MessageRow } from "./plan-messages.ts";

interface Target {
  sessionId: string;
  generation: number;
}

/** Of a longer rest of the transcript the turns are counted once at the end, not with every batch. */
const COUNTED_AT_ONCE_MAX = 2_000;

/** Writes whole rows of `messages`; their turns are counted afterwards. */
export async function upsertMessages(
  tx: TransactionSql,
  { sessionId, generation }: Target,
  rows: readonly MessageRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx`
    insert into messages
      (session_id, generation, message_id, role, sort_key, first_seq, part_count, bytes, cost_usd, tokens, model, deleted)
    select ${sessionId}, ${generation}, message.*
    from unnest(
      ${rows.map((row) => row.messageId)}::text[],
      ${rows.map((row) => row.role)}::text[],
      ${rows.map((row) => row.sortKey)}::text[],
      ${rows.map((row) => row.firstSeq)}::bigint[],
      ${rows.map((row) => row.partCount)}::integer[],
      ${rows.map((row) => row.bytes)}::bigint[],
      ${rows.map((row) => row.costUsd)}::double precision[],
      ${rows.map((row) => row.tokens)}::bigint[],
      ${rows.map((row) => row.model)}::text[],
      ${rows.map((row) => String(row.deleted))}::boolean[]
    ) as message
    on conflict (session_id, generation, message_id) do update set
      role = excluded.role, sort_key = excluded.sort_key, part_count = excluded.part_count, bytes = excluded.bytes,
      cost_usd = excluded.cost_usd, tokens = excluded.tokens, model = excluded.model, deleted = excluded.deleted`.catch(
    blameItems,
  );
}

/**
 * How many messages stand from `from` on, as far as that matters: one more than are counted at once means too many.
 */
const countBehind = (
  tx: TransactionSql,
  { sessionId, generation }: Target,
  { sortKey, firstSeq }: MessagePosition,
): Fragment => tx`
  (select count(*) from (
    select from messages
    where session_id = ${sessionId} and generation = ${generation}
      and (sort_key, first_seq) >= (${sortKey}, ${firstSeq})
    limit ${COUNTED_AT_ONCE_MAX + 1}
  ) behind)`;

/**
 * Whether too much of the transcript stands from `from` on for its turns to be counted with this batch: one that comes
 * from its end would be numbered as often as it has batches. A condition for SQL; false for null.
 */
export const areTurnsLeft = (
  tx: TransactionSql,
  target: Target,
  from: MessagePosition | null,
): Fragment =>
  from === null ? tx`false` : tx`${countBehind(tx, target, from)} > ${COUNTED_AT_ONCE_MAX}`;

/** Numbers the turns from `from` on, unless `areTurnsLeft`. */
export async function countTurns(
  tx: TransactionSql,
  target: Target,
  from: MessagePosition | null,
): Promise<void> {
  if (from !== null)
    await numberTurns(tx, target, {
      from,
      condition: tx`${countBehind(tx, target, from)} <= ${COUNTED_AT_ONCE_MAX}`,
    });
}

/** Numbers the turns that batches have left, however many there are. */
export async function countTurnsLeft(
  tx: TransactionSql,
  target: Target,
  fromSortKey: string,
): Promise<void> {
  const from = { sortKey: fromSortKey, firstSeq: 0 };
  await numberTurns(tx, target, { from, condition: tx`true` });
  await tx`update sessions set turns_uncounted_from = null where id = ${target.sessionId}`;
}

/**
 * A turn is the number of prompts that have come up to and including a message. Messages that have not come themselves
 * keep 0. Nearly always `from` is near the end of the session; a prompt that arrives late renumbers the rest.
 */
async function numberTurns(
  tx: TransactionSql,
  { sessionId, generation }: Target,
  { from: { sortKey, firstSeq }, condition }: { from: MessagePosition; condition: Fragment },
): Promise<void> {
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
        and (sort_key, first_seq) >= (${sortKey}, ${firstSeq}) and ${condition}
    )
    update messages m set turn = counted.turn
    from counted
    where m.ctid = counted.row_id and counted.turn_before <> counted.turn`.execute();
}
