import type { Fragment, TransactionSql } from "#server/database/database.ts";
import {
  type Bounds,
  isWithin,
  readBounds,
  type Target,
  type TranscriptSpan,
} from "#server/items/transcript-bounds.ts";
import type { ExportRow, RowKind } from "./export-row.ts";

export interface ExportSelection extends Target {
  /** Items that changed after this position only. */
  since: number;
  /** With one, only the session itself and its transcript are there. */
  span: TranscriptSpan | null;
}

/** What one answer of the database holds of bodies. */
const PAGE_MAX_BYTES = 4 * 1024 * 1024;
/** Larger bodies are asked for by their sizes, others come along: a page of those holds no more than the above. */
const NEAR_MAX_BYTES = 8_192;
const PAGE_ROWS = PAGE_MAX_BYTES / NEAR_MAX_BYTES;

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
  // A sort of all bodies would go to disk before the first of them came.
  await tx`
    select set_config(name, 'off', true)
    from unnest(array['enable_hashjoin', 'enable_mergejoin', 'enable_seqscan', 'enable_bitmapscan']) as name`;
  yield* readSection(tx, "session", selectSession(tx, selection));
  const bounds = await readBounds(tx, selection, selection.span ?? {});
  if (bounds !== null) yield* readSection(tx, "part", selectMessages(tx, selection, bounds));
  if (selection.span === null) yield* readSection(tx, "other", selectOthers(tx, selection));
}

function selectSession(
  tx: TransactionSql,
  { sessionId, generation, since, span }: ExportSelection,
) {
  return tx`
    select ${columns(tx, { kind: tx`'session'`, isFresh: tx`i.seq > ${since}` })}
    from (
      select ctid as place, items.* from items
      where session_id = ${sessionId} and generation = ${generation} and type = 'session'
        and message_id = '' and part_id = '' and not deleted
    ) i
    where true ${inTime(tx, span)}`;
}

function selectMessages(
  tx: TransactionSql,
  { sessionId, generation, since, span }: ExportSelection,
  bounds: Bounds,
) {
  const kind = tx`case when i.type = 'message' then 'message' when m.role is null then 'orphan' else 'part' end`;
  return tx`
    select ${columns(tx, { kind, isFresh: tx`i.seq > ${since}` })}
    from (
      select message_id, role, sort_key, first_seq from messages
      where session_id = ${sessionId} and generation = ${generation} and not deleted ${isWithin(tx, bounds)}
    ) m
    cross join lateral (
      select ctid as place, items.* from items
      where session_id = ${sessionId} and generation = ${generation} and type = 'message'
        and message_id = m.message_id and part_id = '' and not deleted
      union all
      select ctid as place, items.* from items
      where session_id = ${sessionId} and generation = ${generation} and type = 'part'
        and message_id = m.message_id and not deleted and seq > ${since}
    ) i
    where true ${inTime(tx, span)}
    order by m.sort_key, m.first_seq, i.part_id`;
}

/** In the order of their types the primary key finds them without a look at what there is most of. */
function selectOthers(tx: TransactionSql, { sessionId, generation, since }: ExportSelection) {
  const between = (types: Fragment) => tx`
    select ctid as place, items.* from items
    where session_id = ${sessionId} and generation = ${generation} and ${types} and not deleted and seq > ${since}
      and (type, message_id, part_id) <> ('session', '', '')`;
  return tx`
    select ${columns(tx, { kind: tx`'other'`, isFresh: tx`true` })}
    from (
      ${between(tx`type < 'message'`)} union all
      ${between(tx`type > 'message' and type < 'part'`)} union all
      ${between(tx`type > 'part'`)}
    ) i
    order by i.first_seq`;
}

const inTime = (tx: TransactionSql, span: TranscriptSpan | null) =>
  span?.maxSeq === undefined ? tx`` : tx`and i.seq <= ${span.maxSeq}`;

/** In the order of `COLUMN`. */
function columns(tx: TransactionSql, { kind, isFresh }: { kind: Fragment; isFresh: Fragment }) {
  const cost = tx`case when i.blob_id is null then i.byte_size else 0 end + coalesce(octet_length(i.envelope), 0)`;
  const isNear = tx`(${cost} <= ${NEAR_MAX_BYTES})`;
  return tx`
    ${kind} as kind, ${isFresh} as fresh, i.type, i.message_id, i.part_id,
    case when ${isNear} then i.body end as body, case when ${isNear} then i.envelope end as envelope,
    case when not ${isNear} or i.blob_id is not null then
      concat_ws(' ', i.seq, i.byte_size, i.body_sha256, ${cost}, case when ${isNear} then '-' else i.place::text end,
        i.blob_id)
    end as far`;
}

const COLUMN = {
  kind: 0,
  fresh: 1,
  type: 2,
  messageId: 3,
  partId: 4,
  body: 5,
  envelope: 6,
  far: 7,
} as const;

type RawRow = (Buffer | null)[];

/** A row, and where its body is to be fetched from. */
interface FoundRow {
  row: ExportRow;
  /** Null when everything came. */
  place: string | null;
  /** Of what has not come. */
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
    yield* fillPage(tx, page.map(toFoundRow));
    if (page.length < PAGE_ROWS) break;
  }
  await tx`close ${cursor}`;
}

/** The rows of a page in order, cut where the bodies that are fetched fill a budget. */
async function* fillPage(
  tx: TransactionSql,
  found: readonly FoundRow[],
): AsyncGenerator<ExportRow[]> {
  let start = 0;
  let bytes = 0;
  for (const [index, { bytes: more }] of found.entries()) {
    if (bytes > 0 && bytes + more > PAGE_MAX_BYTES) {
      yield await fetchBodies(tx, found.slice(start, index));
      start = index;
      bytes = 0;
    }
    bytes += more;
  }
  yield await fetchBodies(tx, found.slice(start));
}

async function fetchBodies(tx: TransactionSql, found: readonly FoundRow[]): Promise<ExportRow[]> {
  const places = found.flatMap(({ place }) => place ?? []);
  if (places.length > 0) {
    const bodies = await tx`
      select body, envelope from unnest(${places}::text[]::tid[]) with ordinality as wanted(place, n)
      join items on items.ctid = wanted.place order by n`.raw();
    const waiting = found.filter(({ place }) => place !== null);
    for (const [n, [body, envelope]] of (bodies as unknown as RawRow[]).entries())
      Object.assign(waiting[n]!.row, { body, envelope });
  }
  return found.map(({ row }) => row);
}

const TRUE = 0x74;

function toFoundRow(raw: RawRow): FoundRow {
  const far = raw[COLUMN.far];
  const [seq, byteSize, sha256, cost, place, blobId] = far ? far.toString("latin1").split(" ") : [];
  const row: ExportRow = {
    kind: textOf(raw[COLUMN.kind]) as RowKind,
    type: textOf(raw[COLUMN.type]),
    messageId: textOf(raw[COLUMN.messageId]),
    partId: textOf(raw[COLUMN.partId]),
    isFresh: raw[COLUMN.fresh]?.[0] === TRUE,
    body: raw[COLUMN.body] ?? null,
    envelope: raw[COLUMN.envelope] ?? null,
    far: far
      ? {
          seq: Number(seq),
          byteSize: Number(byteSize),
          sha256: sha256 ?? "",
          blobId: blobId ?? null,
        }
      : null,
  };
  const isNear = place === undefined || place === "-";
  return { row, place: isNear ? null : place, bytes: isNear ? 0 : Number(cost) };
}

const textOf = (bytes: Buffer | null | undefined) => bytes?.toString("utf8") ?? "";
