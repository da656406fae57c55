import { buffer } from "node:stream/consumers";
import { setImmediate as breathe } from "node:timers/promises";
import { isAppError } from "#lib/errors.ts";
import { openBlob } from "#server/blobs/open-blob.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import { readSearchTexts, type SearchPlace } from "./read-search-texts.ts";

/** A text of an item that has changed. */
export interface ChangedText {
  messageId: string;
  partId: string;
  place: SearchPlace;
  /** Null when the item has none (any more): its texts of before go. */
  text: string | null;
}

export interface ChangesQuery {
  sessionId: string;
  generation: number;
  /** Exclusive. */
  seq: number;
  /** Items. */
  maxCount: number;
}

/** What is read of a body: its first texts are in there, unless something large stands before them. */
const BODY_MAX_CHARACTERS = 262_144;
/** Of a batch; one item comes even if it is larger. */
const BATCH_MAX_BYTES = 4 * 1024 * 1024;

/** The next changes of a session's log as texts; `upToSeq` is where they end, null when there are none. */
export async function readChangedTexts(
  services: BlobServices,
  query: ChangesQuery,
): Promise<{ texts: ChangedText[]; upToSeq: number | null }> {
  const rows = await readRows(services, query);
  const texts: ChangedText[] = [];
  for (const row of rows) {
    if (row.type !== "part") continue;
    // Each takes milliseconds of a processor that answers requests, too.
    await breathe();
    const { messageId, partId } = row;
    const found = Object.entries(readSearchTexts(await readStart(services, row), row.head));
    for (const [place, text] of found)
      texts.push({ messageId, partId, place: place as SearchPlace, text });
    if (found.length === 0) texts.push({ messageId, partId, place: "text", text: null });
  }
  return { texts, upToSeq: rows.at(-1)?.seq ?? null };
}

interface Row {
  type: string;
  messageId: string;
  partId: string;
  seq: number;
  body: string | null;
  head: string | null;
  blobId: string | null;
}

/** Sizes are added up before bodies are looked at; of items that are no parts the place alone is wanted. */
async function readRows(
  { database: { sql } }: BlobServices,
  { sessionId, generation, seq, maxCount }: ChangesQuery,
): Promise<Row[]> {
  return sql<Row[]>`
    with measured as (
      select seq, row_number() over (order by seq) as place,
        sum(case when type = 'part' then least(byte_size, ${BODY_MAX_CHARACTERS}) else 0 end) over (order by seq) as total
      from (
        select seq, type, byte_size from items
        where session_id = ${sessionId} and generation = ${generation} and seq > ${seq}
        order by seq limit ${maxCount}
      ) next
    )
    select i.type, i.message_id as "messageId", i.part_id as "partId", i.seq::float8 as seq,
      case when i.type = 'part' then left(i.body, ${BODY_MAX_CHARACTERS}) end as body,
      case when i.type = 'part' then i.head end as head,
      case when i.type = 'part' then i.blob_id end as "blobId"
    from measured
    join items i on i.session_id = ${sessionId} and i.generation = ${generation} and i.seq = measured.seq
    where place = 1 or total <= ${BATCH_MAX_BYTES}
    order by i.seq`;
}

/** The beginning of a body; empty for a deleted item, and when its bytes are missing. */
async function readStart(services: BlobServices, { body, blobId }: Row): Promise<string> {
  if (blobId === null) return body ?? "";
  try {
    const { stream } = await openBlob(services, blobId, { offset: 0, length: BODY_MAX_CHARACTERS });
    return (await buffer(stream)).toString("utf8");
  } catch (error) {
    // Replaced meanwhile, which is a change of its own, or lost: the rest is found without it.
    if (isAppError(error) && error.code === "not_found") return "";
    throw error;
  }
}
