import type { Fragment, TransactionSql } from "#server/database/database.ts";
import { escapePattern, likePattern } from "./body-patterns.ts";
import { keepToKeys } from "./keep-to-keys.ts";
import {
  isWithin,
  type Bounds,
  type MessageOrder,
  type OrderedPlace,
  type Target,
  type TranscriptSpan,
} from "./transcript-bounds.ts";

/** Messages that one statement walks over, as long as their bytes are no more than … */
const STEP_MESSAGES = 1_000;
/** … these; a single message may have more. */
const STEP_BYTES = 8 * 1024 * 1024;
/** Bodies that may hold the text are looked through by us: at most so many in a step, … */
const CANDIDATES_MAX = 100;
/** … and no more once these are held; a single one may have more. */
const CANDIDATES_BYTES = 4 * 1024 * 1024;
/** What stands in a body that has a character by its number. */
const ESCAPE = String.raw`\u`;

/** Where a step of a search begins. */
export interface StepStart {
  bounds: Bounds;
  /** The last place that was searched. */
  at: OrderedPlace | null;
}

/** Sorts after every id of a part, and is one itself. */
export const LAST_PART = "\u{10ffff}";

export interface StepMessage extends MessageOrder {
  messageId: string;
  partCount: number;
}

/** The next messages, as many as a statement may walk over. The last one that was searched may have more parts. */
export async function selectStep(
  tx: TransactionSql,
  { sessionId, generation }: Target,
  { bounds, at }: StepStart,
): Promise<StepMessage[]> {
  const comparison = at?.partId === LAST_PART ? tx`>` : tx`>=`;
  await keepToKeys(tx);
  const rows = await tx<(StepMessage & { bytes: string })[]>`
    select message_id as "messageId", sort_key as "sortKey", first_seq as "firstSeq",
      part_count as "partCount", bytes
    from messages
    where session_id = ${sessionId} and generation = ${generation} and not deleted ${isWithin(tx, bounds)}
      ${at === null ? tx`` : tx`and (sort_key, first_seq) ${comparison} (${at.sortKey}, ${at.firstSeq}::bigint)`}
    order by sort_key, first_seq limit ${STEP_MESSAGES}`;
  let bytes = 0;
  const end = rows.findIndex((row, index) => {
    bytes += Number(row.bytes);
    return index > 0 && bytes > STEP_BYTES;
  });
  return end === -1 ? rows : rows.slice(0, end);
}

export interface Candidate {
  messageId: string;
  partId: string;
  seq: string;
  byteSize: string;
  /** Null for one that is a blob: whether it holds the text is not known. */
  body: string | null;
}

interface CandidatesQuery extends Target {
  text: string;
  span?: TranscriptSpan | undefined;
  /** A condition for `items` as `i`: these are looked at, whatever is looked for. */
  isAlwaysRead?: ((sql: TransactionSql) => Fragment) | undefined;
}

export interface Candidates {
  rows: Candidate[];
  /** All of the messages are in. */
  isAll: boolean;
}

/** Bodies that may hold the text, and those that only a look into their blob can tell of; bounded. */
export async function selectCandidates(
  tx: TransactionSql,
  { sessionId, generation, text, span, isAlwaysRead }: CandidatesQuery,
  { messages, at }: { messages: readonly StepMessage[]; at: OrderedPlace | null },
): Promise<Candidates> {
  const inTime = span?.maxSeq === undefined ? tx`` : tx`and i.seq <= ${span.maxSeq}`;
  const columns = tx`i.part_id, i.seq, i.byte_size, i.body from items i`;
  const isIn = (type: string) => tx`
    i.session_id = ${sessionId} and i.generation = ${generation} and i.type = ${type}
    and i.message_id = m.message_id collate "C" and not i.deleted ${inTime}
    and (i.message_id <> ${at?.messageId ?? ""} or i.part_id > ${at?.partId ?? ""})
    and (i.blob_id is not null ${isAlwaysRead ? tx`or ${isAlwaysRead(tx)}` : tx``}
      or ${mayHold(tx, text)})`;
  await keepToKeys(tx);
  const rows = await tx<(Candidate & { total: number })[]>`
    with candidates as materialized (
      select m.message_id as "messageId", m.place, i.*
      from unnest(${messages.map(({ messageId }) => messageId)}::text[]) with ordinality as m(message_id, place)
      cross join lateral (
        (select ${columns} where ${isIn("message")} order by i.part_id)
        union all
        (select ${columns} where ${isIn("part")} order by i.part_id)
      ) i
      order by m.place, i.part_id limit ${CANDIDATES_MAX}
    ), weighed as (
      select *, (count(*) over ())::int as total, sum(case when body is null then 0 else byte_size end)
        over (order by place, part_id rows between unbounded preceding and 1 preceding) as before
      from candidates
    )
    select "messageId", part_id as "partId", seq, byte_size as "byteSize", body, total from weighed
    where coalesce(before, 0) < ${CANDIDATES_BYTES} order by place, part_id`;
  const total = rows[0]?.total ?? 0;
  return { rows, isAll: rows.length === total && total < CANDIDATES_MAX };
}

/** A condition for the body of table `i` (items). */
function mayHold(tx: TransactionSql, text: string): Fragment {
  const like = likePattern(text);
  const byNumber = tx`i.body ~* ${escapePattern(text)}`;
  if (like === null) return byNumber;
  return tx`(i.body ilike ${like} or (strpos(i.body, ${ESCAPE}) > 0 and ${byNumber}))`;
}
