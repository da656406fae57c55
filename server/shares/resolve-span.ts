import { AppError } from "#lib/errors.ts";
import type { SessionAccess } from "#server/accounts/policy.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { isTurnWhole } from "./is-turn-whole.ts";
import type { NewShare } from "./new-share.ts";

/** Where a share begins and ends, by prompts; all null where the session's own ends count. */
export interface ShareSpan {
  /** Numbers from 1, as they are now. */
  fromTurn: number | null;
  toTurn: number | null;
  fromMessageId: string | null;
  toMessageId: string | null;
  /** The prompt behind the last turn. */
  endMessageId: string | null;
}

interface SpanWishes extends Pick<NewShare, "mode" | "fromMessageId" | "toMessageId"> {
  /** The session's last turn runs: what it has done so far may still change, and is not frozen. */
  isBusy: boolean;
  /** Prompts that were written later are not there. */
  maxSeq: number;
}

interface PromptRow {
  messageId: string;
  turn: number;
  next: string | null;
  isLast: boolean;
}

/**
 * Finds the turns that a share is to show. Throws `invalid_input` for what is no prompt of the session and for an end
 * before the beginning, `conflict` when no turn that is to be frozen had ended.
 */
export async function resolveSpan(
  tx: TransactionSql,
  { sessionId, generation }: SessionAccess,
  wishes: SpanWishes,
): Promise<ShareSpan> {
  const { mode, fromMessageId, toMessageId, isBusy, maxSeq } = wishes;
  const asked = [fromMessageId, toMessageId].filter((id) => id !== null);
  const rows = await tx<PromptRow[]>`
    with prompts as (
      select message_id, (row_number() over in_order)::int as turn, lead(message_id) over in_order as next,
        (count(*) over ())::int as count
      from messages
      where session_id = ${sessionId} and generation = ${generation} and role = 'user' and not deleted
        and first_seq <= ${maxSeq}
      window in_order as (order by sort_key, first_seq)
    )
    select message_id as "messageId", turn, next, turn = count as "isLast" from prompts
    where message_id = any(${asked}::text[]) or turn >= count - 1 order by turn`;
  const from = getPrompt(rows, fromMessageId, "fromMessageId");
  const wanted = getPrompt(rows, toMessageId, "toMessageId");
  if (from && wanted && wanted.turn < from.turn)
    throw invalid("toMessageId", "The last turn lies before the first");
  const last = rows.at(-1);
  const isWhole = async () =>
    last ? isTurnWhole(tx, { sessionId, generation }, { ...last, isBusy, maxSeq }) : !isBusy;
  const isCut = mode === "frozen" && (wanted?.isLast ?? true) && !(await isWhole());
  const to = isCut ? (rows.find(({ next }) => next === last?.messageId) ?? null) : wanted;
  if (isCut && (to === null || to.turn < (from?.turn ?? 1)))
    throw new AppError("conflict", "No turn has ended yet: share it live, or wait for its end");
  return {
    fromTurn: from && from.turn,
    toTurn: to && to.turn,
    fromMessageId,
    toMessageId: to && to.messageId,
    endMessageId: to && to.next,
  };
}

function getPrompt(
  rows: readonly PromptRow[],
  messageId: string | null,
  field: string,
): PromptRow | null {
  if (messageId === null) return null;
  const row = rows.find((each) => each.messageId === messageId);
  if (!row) throw invalid(field, "There is no such prompt in this session");
  return row;
}

const invalid = (field: string, message: string) =>
  new AppError("invalid_input", message, { details: { field } });
