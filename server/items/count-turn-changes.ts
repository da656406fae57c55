import { countCallChanges } from "#lib/changes/count-call-changes.ts";
import type { ChangeCounts } from "#lib/changes/read-changes.ts";
import { parseObject } from "#lib/json.ts";
import { PREVIEW_MAX_BYTES } from "#lib/limits.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { isWithin, type Bounds, type Target } from "./transcript-bounds.ts";

/** Calls that are looked at for one page. */
const CALLS_MAX = 4_000;
/** Bytes of calls that changed something which are read for one page. */
const READ_MAX_BYTES = 4 * 1024 * 1024;
const BATCH_ROWS = 200;

/** Members without which a call has changed no file; finds more than it must. */
const CHANGE_MEMBERS =
  '\\*\\*\\* Begin Patch|"(old|new|before|after|search|replace|patch|diff|edits|file[dD]iff|(old|new)(Text|String|_str|_string)|diffs|patchText)"\\s*:';

interface ChangesQuery extends Target {
  /** Numbers of the turns that are counted. */
  turns: readonly number[];
  /** Where they lie. */
  bounds: Bounds;
  /** What was written later is not there. */
  maxSeq: number | undefined;
}

/**
 * Lines that the tool calls of some turns added and removed, by the turn's number, counted as the transcript does: not
 * of calls that failed, nor of bodies that a page gets by their beginning only. A turn without calls is left out; what
 * lies beyond the limits too.
 */
export async function countTurnChanges(
  tx: TransactionSql,
  query: ChangesQuery,
): Promise<Map<number, ChangeCounts>> {
  const counted = new Map<number, ChangeCounts>();
  let byteCount = 0;
  let callCount = 0;
  let lastTurn = 0;
  for await (const rows of selectCalls(tx, query).cursor(BATCH_ROWS)) {
    for (const { turn, body } of rows) {
      callCount += 1;
      lastTurn = turn;
      const total = counted.get(turn) ?? { additions: 0, deletions: 0 };
      const counts = body === null ? null : countBody(body);
      byteCount += body?.length ?? 0;
      counted.set(turn, {
        additions: total.additions + (counts?.additions ?? 0),
        deletions: total.deletions + (counts?.deletions ?? 0),
      });
    }
    if (byteCount > READ_MAX_BYTES) break;
  }
  // There may be more of the turn where it was cut.
  if (byteCount > READ_MAX_BYTES || callCount >= CALLS_MAX) counted.delete(lastTurn);
  return counted;
}

function countBody(body: string): ChangeCounts | null {
  const data = parseObject(body);
  return data === null ? null : countCallChanges(data);
}

function selectCalls(
  tx: TransactionSql,
  { sessionId, generation, turns, bounds, maxSeq }: ChangesQuery,
) {
  // Message by message, and in the order of the key: see `keepToKeys`.
  return tx<{ turn: number; body: string | null }[]>`
    select m.turn, calls.body
    from (
      select message_id, sort_key, first_seq, turn from messages
      where session_id = ${sessionId} and generation = ${generation} and not deleted
        and part_count > 0 and role <> 'user' and turn = any(${turns}::integer[]) ${isWithin(tx, bounds)}
      order by sort_key, first_seq
    ) m
    cross join lateral (
      select case when i.body ~ ${CHANGE_MEMBERS} then i.body end as body from items i
      where i.session_id = ${sessionId} and i.generation = ${generation} and i.type = 'part'
        and i.message_id = m.message_id and not i.deleted and i.byte_size <= ${PREVIEW_MAX_BYTES}
        and left(i.body, 512) ~ '"type"\\s*:\\s*"tool"'
        ${maxSeq === undefined ? tx`` : tx`and i.seq <= ${maxSeq}`}
      order by i.part_id
    ) calls
    order by m.sort_key, m.first_seq limit ${CALLS_MAX}`;
}
