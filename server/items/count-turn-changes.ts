import { countCallChanges } from "#lib/changes/count-call-changes.ts";
import type { ChangeCounts } from "#lib/changes/read-changes.ts";
import { parseObject } from "#lib/json.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { isPartOfKind } from "./part-kind.ts";
import { isWithin, type Bounds, type Target } from "./transcript-bounds.ts";

/** Calls that are looked at for one page. */
const CALLS_MAX = 4_000;
/** What a larger call changed is not counted, but known to be unknown. */
const CALL_MAX_BYTES = 256 * 1024;
/** Bytes of calls that changed something which are read for one page. */
const READ_MAX_BYTES = 8 * 1024 * 1024;
const BATCH_ROWS = 32;

/** Members without which a call has changed no file; finds more than it must. */
const CHANGE_MEMBERS =
  '\\*\\*\\* Begin Patch|"(old|new|before|after|search|replace|patch|diff|edits|file[dD]iff|(old|new)(Text|String|_str|_string)|diffs|patchText|content|contents|file_text)"\\s*:';

interface ChangesQuery extends Target {
  /** Numbers of the turns that are counted. */
  turns: readonly number[];
  /** Where they lie. */
  bounds: Bounds;
  /** What was written later is not there. */
  maxSeq: number | undefined;
}

/**
 * Lines that the tool calls of some turns added and removed, by the turn's number; nothing of calls that failed. A turn
 * without calls is left out, and one with a call whose lines are too many to be counted; what lies beyond the limits too.
 */
export async function countTurnChanges(
  tx: TransactionSql,
  query: ChangesQuery,
): Promise<Map<number, ChangeCounts>> {
  const counted = new Map<number, ChangeCounts>();
  let byteCount = 0;
  let callCount = 0;
  let lastTurn = 0;
  const unknown = new Set<number>();
  for await (const rows of selectCalls(tx, query).cursor(BATCH_ROWS)) {
    for (const { turn, body, isTooLarge } of rows) {
      callCount += 1;
      lastTurn = turn;
      const total = counted.get(turn) ?? { additions: 0, deletions: 0 };
      const counts = body === null ? NOTHING : countBody(body);
      if (isTooLarge || counts === null) unknown.add(turn);
      byteCount += body?.length ?? 0;
      counted.set(turn, {
        additions: total.additions + (counts?.additions ?? 0),
        deletions: total.deletions + (counts?.deletions ?? 0),
      });
    }
    if (byteCount > READ_MAX_BYTES) break;
  }
  // There may be more of the turn where it was cut.
  if (byteCount > READ_MAX_BYTES || callCount >= CALLS_MAX) unknown.add(lastTurn);
  for (const turn of unknown) counted.delete(turn);
  return counted;
}

const NOTHING: ChangeCounts = { additions: 0, deletions: 0 };

/** Null for what cannot be told. */
function countBody(body: string): ChangeCounts | null {
  const data = parseObject(body);
  return data === null ? NOTHING : countCallChanges(data);
}

function selectCalls(
  tx: TransactionSql,
  { sessionId, generation, turns, bounds, maxSeq }: ChangesQuery,
) {
  // Message by message, and in the order of the key: see `keepToKeys`.
  return tx<{ turn: number; body: string | null; isTooLarge: boolean }[]>`
    select m.turn, calls.body, calls."isTooLarge"
    from (
      select message_id, sort_key, first_seq, turn from messages
      where session_id = ${sessionId} and generation = ${generation} and not deleted
        and part_count > 0 and role <> 'user' and turn = any(${turns}::integer[]) ${isWithin(tx, bounds)}
      order by sort_key, first_seq
    ) m
    cross join lateral (
      select case when i.byte_size <= ${CALL_MAX_BYTES} and i.body ~ ${CHANGE_MEMBERS} then i.body end as body,
        i.byte_size > ${CALL_MAX_BYTES}
          and left(coalesce(i.body, i.preview), ${CALL_MAX_BYTES}) ~ ${CHANGE_MEMBERS} as "isTooLarge"
      from items i
      where i.session_id = ${sessionId} and i.generation = ${generation} and i.type = 'part'
        and i.message_id = m.message_id and not i.deleted and ${isPartOfKind(tx, "tool")}
        ${maxSeq === undefined ? tx`` : tx`and i.seq <= ${maxSeq}`}
      order by i.part_id
    ) calls
    order by m.sort_key, m.first_seq limit ${CALLS_MAX}`;
}
