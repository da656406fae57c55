import type { Sql, TransactionSql } from "#server/database/database.ts";
import {
  type Bounds,
  readBounds,
  type Target,
  type TranscriptSpan,
} from "#server/items/transcript-bounds.ts";
import { copyRows, type FieldBounds } from "./copy-rows.ts";
import { ReadRow } from "./export-row.ts";

export interface ExportSelection extends Target {
  /** Items that changed after this position only. */
  since: number;
  /** With one, only the session itself and its transcript are there. */
  span: TranscriptSpan | null;
  /** Ids of all messages and parts are asked for; otherwise only of those whose bodies are blobs. */
  needsIds: boolean;
  /** Small messages come with all their parts in one row; not with `since` and `maxSeq`. */
  takesGroups: boolean;
}

/** Of a message and its parts. */
const GROUP_MAX_BYTES = 65_536;

/**
 * The items of a session, some at a time: the session itself, then messages in transcript order, each followed by its
 * parts by id, then everything else by arrival. Deleted items, and parts of deleted messages, are left out. Bodies are
 * views of what came over the wire. `sql` is for leaving in the middle.
 */
export async function* readExportRows(
  connections: { sql: Sql; tx: TransactionSql },
  selection: ExportSelection,
): AsyncGenerator<ReadRow[]> {
  const { tx } = connections;
  // Messages come in the order of their index, and parts in that of theirs: a sort of all bodies would go to disk before
  // the first of them came, and would not keep the parts of a message in order.
  await tx`
    select set_config('enable_' || name, 'off', true)
    from unnest(array[
      'hashjoin', 'mergejoin', 'seqscan', 'bitmapscan', 'material', 'memoize', 'sort', 'incremental_sort'
    ]) as name`;
  const bounds = await readBounds(tx, selection, selection.span ?? {});
  const literals = await quote(tx, selection, bounds);
  const queries = [
    selectSession(literals),
    ...(bounds === null ? [] : [selectMessages(selection, literals)]),
    ...(selection.span === null ? [selectOthers(literals)] : []),
  ];
  for (const query of queries) yield* copyRows(connections, { query, makeRow });
}

const makeRow = (bytes: Buffer, bounds: FieldBounds) => new ReadRow(bytes, bounds);

/** Parts of statements that are fit to be put into them as they are. */
interface Literals {
  /** Which items or messages are the session's. */
  ofSession: string;
  /** Which messages are within the span. */
  within: string;
  since: string;
  inTime: string;
}

async function quote(
  tx: TransactionSql,
  { sessionId, generation, since, span }: ExportSelection,
  bounds: Bounds | null,
): Promise<Literals> {
  const quoteText = async (text: string) => {
    const [row] = await tx<{ literal: string }[]>`select quote_literal(${text}::text) as literal`;
    return row!.literal;
  };
  const limits = [
    { sign: ">=", place: bounds?.from ?? null },
    { sign: "<", place: bounds?.to ?? null },
  ].map(async ({ sign, place }) => {
    if (place === null) return "";
    const sortKey = await quoteText(place.sortKey);
    return `and (m.sort_key, m.first_seq) ${sign} (${sortKey}, ${toInteger(place.firstSeq)})`;
  });
  return {
    ofSession: `session_id = ${await quoteText(sessionId)} and generation = ${toInteger(generation)}`,
    within: (await Promise.all(limits)).join(" "),
    since: toInteger(since),
    inTime: span?.maxSeq === undefined ? "" : `and seq <= ${toInteger(span.maxSeq)}`,
  };
}

/** Throws for what is none: nothing else gets into a statement. */
const toInteger = (value: number | string) => BigInt(value).toString();

const COLUMNS =
  "type, message_id, part_id, seq, first_seq, byte_size, body_sha256, blob_id, body, envelope";

function selectSession({ ofSession, since, inTime }: Literals): string {
  return `
    select ${columns({ kind: "'s'", isFresh: `i.seq > ${since}`, needsIds: true })}
    from items i
    where ${ofSession} and type = 'session' and message_id = '' and part_id = '' and not deleted ${inTime}`;
}

function selectMessages(
  { needsIds, since: sinceSeq, takesGroups }: ExportSelection,
  { ofSession, within, since, inTime }: Literals,
): string {
  const kind = "case when i.type = 'message' then 'm' when m.role is null then 'o' else 'p' end";
  const isFresh = sinceSeq === 0 ? "true" : `i.seq > ${since}`;
  const oneByOne = `
    select ${columns({ kind, isFresh, needsIds })}
    from (
      select ${COLUMNS} from items
      where ${ofSession} and type in ('message', 'part') and message_id = m.message_id and not deleted
        ${sinceSeq === 0 ? "" : `and (type = 'message' or seq > ${since})`} ${inTime}
      order by type, part_id
    ) i`;
  const rows = takesGroups
    ? `${selectGroup(ofSession)} union all select * from (${oneByOne}) i where m.bytes > ${GROUP_MAX_BYTES}`
    : oneByOne;
  return `
    select i.*
    from messages m cross join lateral (${rows}) i
    where ${ofSession} and not deleted ${within}
    order by m.sort_key, m.first_seq`;
}

/** None for a message that is not small. All of its bodies are in rows. */
function selectGroup(ofSession: string): string {
  return `
    select concat(case when m.role is null then 'q' else 'g' end, parts.count), info.body, parts.bodies
    from (
      select count(*) as count, string_agg(body, ',') as bodies from (
        select body from items
        where ${ofSession} and type = 'part' and message_id = m.message_id and not deleted
        order by part_id
      ) part
    ) parts
    left join (
      select body from items
      where ${ofSession} and type = 'message' and message_id = m.message_id and part_id = '' and not deleted
    ) info on true
    where m.bytes <= ${GROUP_MAX_BYTES}`;
}

/** In the order of their types the primary key finds them without a look at what there is most of. */
function selectOthers({ ofSession, since }: Literals): string {
  const between = (types: string) => `
    select ${COLUMNS} from items
    where ${ofSession} and ${types} and not deleted and seq > ${since}
      and (type, message_id, part_id) <> ('session', '', '')`;
  return `
    select ${columns({ kind: "'x'", isFresh: "true", needsIds: true })}
    from (
      ${between("type < 'message'")} union all
      ${between("type > 'message' and type < 'part'")} union all
      ${between("type > 'part'")}
    ) i
    order by i.first_seq`;
}

interface Columns {
  kind: string;
  isFresh: string;
  needsIds: boolean;
}

/**
 * Head, body, envelope. The head is one text, see `ReadRow`: a column for each of its fields would cost more than many a
 * body, and so does every text that is put together.
 */
function columns({ kind, isFresh, needsIds }: Columns): string {
  const marks = `${kind} || case when ${isFresh} then '+' else '-' end`;
  const ids = "concat('/', i.type, '/', i.message_id, '/', i.part_id)";
  const far = "concat_ws(' ', i.seq, i.byte_size, i.body_sha256, i.blob_id)";
  const near = needsIds ? `concat(${marks}, ${ids})` : isFresh === "true" ? kind : marks;
  return `case when i.blob_id is null then ${near} else concat(${marks}, ${far}, ${ids}) end, i.body, i.envelope`;
}
