import { AppError } from "#lib/errors.ts";
import { INLINE_ITEM_MAX_BYTES } from "#lib/limits.ts";
import type { FindPage, FoundItem } from "#lib/transcript.ts";
import type { Database, TransactionSql } from "#server/database/database.ts";
import { codeOf } from "./failure-kind.ts";
import { findInBody } from "./find-in-body.ts";
import { keepToKeys } from "./keep-to-keys.ts";
import { likePattern } from "./like-pattern.ts";
import {
  getOrderedPlace,
  isWithin,
  readBounds,
  type Bounds,
  type MessageOrder,
  type OrderedPlace,
  type Target,
  type TranscriptSpan,
} from "./transcript-bounds.ts";
import { formatPlace, parsePlace } from "./transcript-place.ts";

/** Messages that one statement walks over, as long as their bytes are no more than … */
const STEP_MESSAGES = 1_000;
/** … these; a single message may have more. */
const STEP_BYTES = 8 * 1024 * 1024;
/** Bodies that hold the text come to us one by one, at most so many in a step. */
const STEP_FOUND_MAX = 100;
/** A statement that takes longer gives up on its step, which then counts as not searched. */
const STATEMENT_TIMEOUT_MS = 5_000;
const QUERY_CANCELED = "57014";

export interface FindInSession extends Target {
  /** Literal; upper and lower case are the same. */
  text: string;
  /** The body that the reader may see, and that is searched instead; null for none. */
  rewrite?: (item: FoundBody) => string | null;
  /** `after` of the answer before. */
  after?: string | undefined;
  span?: TranscriptSpan | undefined;
  /** An answer comes after so many items … */
  maxFound: number;
  /** … or when so much time is over, whatever comes first. */
  budgetMs: number;
}

/** A body that holds the text, as it is stored. */
export interface FoundBody {
  messageId: string;
  /** Empty for the message itself. */
  partId: string;
  body: string;
}

/**
 * Where a text stands in what a session says: in the texts of its bodies, not in names of members nor in JSON's
 * escapes. One answer walks as far as its budget goes; the next goes on from there. Bodies that are blobs are not
 * searched, and counted. Throws `invalid_input` for an empty text and for a malformed place.
 */
export async function findInSession(database: Database, query: FindInSession): Promise<FindPage> {
  if (query.text.trim() === "") throw new AppError("invalid_input", "There is nothing to look for");
  const endsAtMs = performance.now() + query.budgetMs;
  const page: FindPage & { found: FoundItem[] } = { found: [], after: null, unsearchedCount: 0 };
  const start = await database.sql.begin("read only", async (tx) => {
    await keepToKeys(tx);
    const at =
      query.after === undefined ? null : await getOrderedPlace(tx, query, parsePlace(query.after));
    return { at, bounds: await readBounds(tx, query, query.span ?? {}) };
  });
  const { bounds } = start;
  if (bounds === null) return page;
  for (let { at } = start; ;) {
    const found = await searchStep(database, query, { bounds, at });
    page.found.push(...found.items);
    page.unsearchedCount += found.unsearchedCount;
    if (found.end === null) return page;
    at = found.end;
    page.after = formatPlace(at);
    if (page.found.length >= query.maxFound || performance.now() >= endsAtMs) return page;
    page.after = null;
  }
}

interface StepStart {
  bounds: Bounds;
  /** The last place that was searched. */
  at: OrderedPlace | null;
}

interface Step {
  items: FoundItem[];
  unsearchedCount: number;
  /** Null at the end of the transcript. */
  end: OrderedPlace | null;
}

async function searchStep(
  { sql }: Database,
  query: FindInSession,
  start: StepStart,
): Promise<Step> {
  const messages = await sql.begin("read only", (tx) => selectStep(tx, query, start));
  const last = messages.at(-1);
  if (!last) return { items: [], unsearchedCount: 0, end: null };
  const after = { ...last, partId: LAST_PART };
  const rows = await sql
    .begin("read only", async (tx) => {
      await tx`select set_config('statement_timeout', ${String(STATEMENT_TIMEOUT_MS)}, true)`;
      return selectCandidates(tx, query, { messages, at: start.at });
    })
    .catch((error: unknown) => {
      if (codeOf(error) === QUERY_CANCELED) return null;
      throw error;
    });
  if (rows === null) {
    const unsearchedCount = messages.reduce((sum, { partCount }) => sum + 1 + partCount, 0);
    return { items: [], unsearchedCount, end: after };
  }
  const full = rows.length === STEP_FOUND_MAX ? rows.at(-1) : undefined;
  const fullMessage = messages.find(({ messageId }) => messageId === full?.messageId);
  return {
    ...searchBodies(rows, query),
    end: full && fullMessage ? { ...fullMessage, partId: full.partId } : after,
  };
}

function searchBodies(
  rows: readonly CandidateRow[],
  { text, rewrite = ({ body }) => body }: FindInSession,
): Omit<Step, "end"> {
  const items: FoundItem[] = [];
  let unsearchedCount = 0;
  for (const { messageId, partId, body } of rows) {
    const seen = body === null ? null : rewrite({ messageId, partId, body });
    const found = seen === null ? null : findInBody(seen, text);
    if (body === null) unsearchedCount += 1;
    else if (found !== null) items.push({ messageId, partId, ...found });
  }
  return { items, unsearchedCount };
}

/** Sorts after every id of a part, and is one itself. */
const LAST_PART = "\u{10ffff}";

interface StepMessage extends MessageOrder {
  messageId: string;
  partCount: number;
}

/** The next messages, as many as a statement may walk over. The last one that was searched may have more parts. */
async function selectStep(
  tx: TransactionSql,
  { sessionId, generation }: FindInSession,
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

interface CandidateRow {
  messageId: string;
  partId: string;
  /** Null for one that is too large. */
  body: string | null;
}

async function selectCandidates(
  tx: TransactionSql,
  { sessionId, generation, text, span }: FindInSession,
  { messages, at }: { messages: readonly StepMessage[]; at: OrderedPlace | null },
): Promise<CandidateRow[]> {
  const inTime = span?.maxSeq === undefined ? tx`` : tx`and i.seq <= ${span.maxSeq}`;
  const columns = tx`i.part_id, i.body from items i`;
  const isIn = (type: string) => tx`
    i.session_id = ${sessionId} and i.generation = ${generation} and i.type = ${type}
    and i.message_id = m.message_id collate "C" and not i.deleted ${inTime}
    and (i.message_id <> ${at?.messageId ?? ""} or i.part_id > ${at?.partId ?? ""})
    and (i.byte_size > ${INLINE_ITEM_MAX_BYTES} or i.body ilike ${likePattern(text)})`;
  await keepToKeys(tx);
  return tx<CandidateRow[]>`
    select m.message_id as "messageId", i.part_id as "partId", i.body
    from unnest(${messages.map(({ messageId }) => messageId)}::text[]) with ordinality as m(message_id, place)
    cross join lateral (
      (select ${columns} where ${isIn("message")} order by i.part_id)
      union all
      (select ${columns} where ${isIn("part")} order by i.part_id)
    ) i
    order by m.place, i.part_id limit ${STEP_FOUND_MAX}`;
}
