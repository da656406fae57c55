import type { TransactionSql } from "#server/database/database.ts";
import { isWithin, readBounds, type Target } from "#server/items/transcript-bounds.ts";

interface TurnThen {
  /** The prompt. */
  messageId: string;
  /** The session's last turn runs. */
  isBusy: boolean;
  maxSeq: number;
}

/** Whether a turn was there as a whole at `maxSeq`: it has ended, and nothing of its answers was written later. */
export async function isTurnWhole(
  tx: TransactionSql,
  target: Target,
  { messageId, isBusy, maxSeq }: TurnThen,
): Promise<boolean> {
  const { sessionId, generation } = target;
  const bounds = await readBounds(tx, target, { fromMessageId: messageId, toMessageId: messageId });
  if (bounds === null) return false;
  const { from } = bounds;
  const [row] = await tx<{ isLast: boolean; hasLater: boolean }[]>`
    select not exists (
      select from messages
      where session_id = ${sessionId} and generation = ${generation} and role = 'user' and not deleted
        and (sort_key, first_seq) > (${from!.sortKey}, ${from!.firstSeq}::bigint)
    ) as "isLast", exists (
      select from (
        select message_id from messages
        where session_id = ${sessionId} and generation = ${generation} and role <> 'user' ${isWithin(tx, bounds)}
      ) m
      join items i on i.session_id = ${sessionId} and i.generation = ${generation}
        and i.type in ('message', 'part') and i.message_id = m.message_id and i.seq > ${maxSeq}
    ) as "hasLater"`;
  return row !== undefined && !row.hasLater && !(row.isLast && isBusy);
}
