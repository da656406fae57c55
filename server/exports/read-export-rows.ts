import type { Fragment, TransactionSql } from "#server/database/database.ts";
import {
  type Bounds,
  isWithin,
  readBounds,
  type Target,
  type TranscriptSpan,
} from "#server/items/transcript-bounds.ts";
import { type ExportRow, ReadRow } from "./export-row.ts";

export interface ExportSelection extends Target {
  /** Items that changed after this position only. */
  since: number;
  /** With one, only the session itself and its transcript are there. */
  span: TranscriptSpan | null;
  /** Ids of all messages and parts are asked for; otherwise only of those whose bodies are read for themselves. */
  needsIds: boolean;
}

/** What one answer of the database holds of bodies. */
const PAGE_MAX_BYTES = 4 * 1024 * 1024;
/** Larger bodies are asked for by their sizes, others come along: a page of those holds no more than the above. */
const NEAR_MAX_BYTES = 8_192;
const PAGE_ROWS = PAGE_MAX_BYTES / NEAR_MAX_BYTES;
const NEAR_ENVELOPE_MAX_BYTES = 512;

/**
 * The items of a session in pages: the session itself, then messages in transcript order, each followed by its parts by
 * id, then everything else by arrival. Deleted items, and parts of deleted messages, are left out. Order and sizes are
 * read first, larger bodies within a budget of 4 MiB; the next page is under way while one is used. Holds two pages,
 * and the larger bodies of one budget.
 */
export async function* readExportRows(
  tx: TransactionSql,
  selection: ExportSelection,
): AsyncGenerator<ExportRow[]> {
  // Messages come in the order of their index, and parts in that of theirs: a sort of all bodies would go to disk before
  // the first of them came, and would not keep the parts of a message in order.
  await tx`
    select set_config('enable_' || name, 'off', true)
    from unnest(array['hashjoin', 'mergejoin', 'seqscan', 'bitmapscan', 'material', 'memoize', 'sort', 'incremental_sort']) as name`;
  yield* readSection(tx, "session", selectSession(tx, selection));
  const bounds = await readBounds(tx, selection, selection.span ?? {});
  if (bounds !== null) yield* readSection(tx, "part", selectMessages(tx, selection, bounds));
  if (selection.span === null) yield* readSection(tx, "other", selectOthers(tx, selection));
}

function selectSession(tx: TransactionSql, selection: ExportSelection) {
  const { sessionId, generation, since, span } = selection;
  return tx`
    select ${columns(tx, { needsIds: true }, { kind: tx`'s'`, isFresh: tx`i.seq > ${since}` })}
    from (
      select ctid as place, items.* from items
      where session_id = ${sessionId} and generation = ${generation} and type = 'session'
        and message_id = '' and part_id = '' and not deleted
    ) i
    where true ${inTime(tx, span)}`;
}

function selectMessages(tx: TransactionSql, selection: ExportSelection, bounds: Bounds) {
  const { sessionId, generation, since, span } = selection;
  const kind = tx`case when i.type = 'message' then 'm' when m.role is null then 'o' else 'p' end`;
  return tx`
    select ${columns(tx, selection, { kind, isFresh: tx`i.seq > ${since}` })}
    from (
      select message_id, role, sort_key, first_seq from messages
      where session_id = ${sessionId} and generation = ${generation} and not deleted ${isWithin(tx, bounds)}
    ) m
    cross join lateral (
      select ctid as place, items.* from items
      where session_id = ${sessionId} and generation = ${generation} and type = 'message'
        and message_id = m.message_id and part_id = '' and not deleted
      union all
      (select ctid as place, items.* from items
      where session_id = ${sessionId} and generation = ${generation} and type = 'part'
        and message_id = m.message_id and not deleted and seq > ${since}
      order by part_id)
    ) i
    where true ${inTime(tx, span)}
    order by m.sort_key, m.first_seq`;
}

/** In the order of their types the primary key finds them without a look at what there is most of. */
function selectOthers(tx: TransactionSql, selection: ExportSelection) {
  const { sessionId, generation, since } = selection;
  const between = (types: Fragment) => tx`
    select ctid as place, items.* from items
    where session_id = ${sessionId} and generation = ${generation} and ${types} and not deleted and seq > ${since}
      and (type, message_id, part_id) <> ('session', '', '')`;
  return tx`
    select ${columns(tx, { needsIds: true }, { kind: tx`'x'`, isFresh: tx`true` })}
    from (
      ${between(tx`type < 'message'`)} union all
      ${between(tx`type > 'message' and type < 'part'`)} union all
      ${between(tx`type > 'part'`)}
    ) i
    order by i.first_seq`;
}

const inTime = (tx: TransactionSql, span: TranscriptSpan | null) =>
  span?.maxSeq === undefined ? tx`` : tx`and i.seq <= ${span.maxSeq}`;

interface Marks {
  kind: Fragment;
  isFresh: Fragment;
}

/**
 * Head, body, envelope. The head is one text, see `ReadRow`: a column for each of its fields would cost more than many a
 * body, and so does every text that is put together.
 */
function columns(
  tx: TransactionSql,
  { needsIds }: Pick<ExportSelection, "needsIds">,
  { kind, isFresh }: Marks,
) {
  const isNear = tx`(i.byte_size <= ${NEAR_MAX_BYTES} and (i.envelope is null or octet_length(i.envelope) <= ${NEAR_ENVELOPE_MAX_BYTES}))`;
  const marks = tx`${kind} || case when ${isFresh} then '+' else '-' end`;
  const ids = tx`concat('/', i.type, '/', i.message_id, '/', i.part_id)`;
  // A blob without envelope needs nothing more of its row.
  const far = tx`concat_ws(' ', i.seq, i.byte_size, i.body_sha256,
    case when i.blob_id is null or i.envelope is not null then i.place::text else '-' end,
    coalesce(octet_length(i.envelope), 0), i.blob_id)`;
  const near = needsIds
    ? tx`concat(${marks}, ${ids})`
    : tx`case when ${isFresh} then ${kind} else ${marks} end`;
  return tx`
    case when ${isNear} then ${near} else concat(${marks}, ${far}, ${ids}) end as head,
    case when ${isNear} then i.body end as body, case when ${isNear} then i.envelope end as envelope`;
}

type RawRow = [head: Buffer, body: Buffer | null, envelope: Buffer | null];

/** A row whose body did not come along. */
interface FarRow {
  row: ReadRow;
  /** Physical place (`ctid`) of what is missing. */
  place: string;
  bytes: number;
}

async function* readSection(
  tx: TransactionSql,
  name: string,
  rows: Fragment,
): AsyncGenerator<ExportRow[]> {
  const cursor = tx(`export_${name}`);
  await tx`declare ${cursor} no scroll cursor for ${rows}`;
  const fetchPage = () => {
    const page = tx`fetch ${tx.unsafe(String(PAGE_ROWS))} from ${cursor}`.raw().execute();
    // Whoever leaves in between does not hear of it.
    page.catch(() => {});
    return page as unknown as Promise<RawRow[]>;
  };
  let next = fetchPage();
  for (let page = await next; page.length > 0; page = await next) {
    next = fetchPage();
    yield* fillPage(
      tx,
      page.map(([head, body, envelope]) => new ReadRow(head, body, envelope)),
    );
    if (page.length < PAGE_ROWS) break;
  }
  await tx`close ${cursor}`;
}

/** The rows of a page in order, cut where the bodies that are fetched fill a budget. */
async function* fillPage(tx: TransactionSql, rows: ReadRow[]): AsyncGenerator<ReadRow[]> {
  const missing = findFar(rows);
  let start = 0;
  while (missing.length > 0) {
    const batch = missing.splice(0, countFitting(missing));
    await fetchBodies(tx, batch);
    const end = missing[0] ? rows.indexOf(missing[0].row) : rows.length;
    yield rows.slice(start, end);
    start = end;
  }
  if (start < rows.length) yield start === 0 ? rows : rows.slice(start);
}

/** One at least. */
function countFitting(missing: readonly FarRow[]): number {
  let bytes = 0;
  const end = missing.findIndex((one, n) => (bytes += one.bytes) > PAGE_MAX_BYTES && n > 0);
  return end === -1 ? missing.length : end;
}

type Bodies = [body: Buffer | null, envelope: Buffer | null];

async function fetchBodies(tx: TransactionSql, missing: readonly FarRow[]): Promise<void> {
  const places = missing.map(({ place }) => place);
  const bodies = (await tx`
    select body, envelope from unnest(${places}::text[]::tid[]) with ordinality as wanted(place, n)
    join items on items.ctid = wanted.place order by n`.raw()) as unknown as Bodies[];
  for (const [n, [body, envelope]] of bodies.entries())
    Object.assign(missing[n]!.row, { body, envelope });
}

function findFar(rows: readonly ReadRow[]): FarRow[] {
  return rows.flatMap((row) => {
    const fields = row.farFields();
    if (fields === null) return [];
    const [seq, byteSize, sha256 = "", place = "-", envelopeBytes, blobId = null] = fields;
    row.far = { seq: Number(seq), byteSize: Number(byteSize), sha256, blobId };
    const bytes = Number(envelopeBytes) + (blobId === null ? Number(byteSize) : 0);
    return place === "-" ? [] : [{ row, place, bytes }];
  });
}
