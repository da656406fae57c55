import { setImmediate as breathe, setTimeout as delay } from "node:timers/promises";
import type { TransactionSql } from "#server/database/database.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import { failureKind, blameItems } from "#server/items/failure-kind.ts";
import { log } from "#server/log.ts";
import { readChangedTexts, type ChangedText } from "./read-changed-texts.ts";
import { toSearchWords } from "./search-words.ts";

export interface SearchCursor {
  sessionId: string;
  generation: number;
  seq: number;
}

/** Whoever holds a session for longer is taken for dead. */
const CLAIM_MS = 30_000;
/** Between two batches: the index is never in a hurry, and others use the same processor and disk. */
const PAUSE_MS = 20;
const ITEMS_PER_BATCH = 200;

/**
 * Brings the index of a session up to its last item, batch by batch; each is one transaction with the cursor that it
 * moves on. Safe to run twice, by many at once, and to be killed anywhere: who finds the cursor moved or gone writes
 * nothing. False when somebody else has claimed the session, or there is none. Holds one batch, and takes no lock that a
 * writer of items waits for.
 */
export async function indexSession(
  services: BlobServices,
  sessionId: string,
  signal?: AbortSignal,
): Promise<boolean> {
  let cursor = await claimCursor(services, sessionId);
  if (cursor === null) return false;
  let maxCount = ITEMS_PER_BATCH;
  const isStopped = () => signal?.aborted === true;
  while (!isStopped()) {
    const { texts, upToSeq } = await readChangedTexts(services, { ...cursor, maxCount });
    if (upToSeq === null) break;
    try {
      const next: SearchCursor = { ...cursor, seq: upToSeq };
      if (!(await writeTexts(services, { cursor, next, texts }))) return true;
      cursor = next;
      maxCount = ITEMS_PER_BATCH;
    } catch (error) {
      if (failureKind(error) !== "item") throw error;
      // A text that the database refuses is found by going one by one, and stays out.
      if (maxCount === 1) {
        log.warn({ ...cursor }, "an item cannot be searched");
        const next: SearchCursor = { ...cursor, seq: upToSeq };
        if (!(await writeTexts(services, { cursor, next, texts: [] }))) return true;
        cursor = next;
      }
      maxCount = maxCount === 1 ? ITEMS_PER_BATCH : 1;
    }
    await delay(PAUSE_MS);
  }
  await releaseCursor(services, cursor);
  return true;
}

/**
 * The session's cursor, ours for a while. Made when there is none, and begun anew with a generation, while the session's
 * row is held against its deletion; the writer of items waits for that one statement at most.
 */
async function claimCursor(
  { database: { sql } }: BlobServices,
  sessionId: string,
): Promise<SearchCursor | null> {
  const claim = sql`clock_timestamp() + ${CLAIM_MS} * interval '1 millisecond'`;
  const [claimed] = await sql<Row[]>`
    update search_cursors c set claimed_until = ${claim}
    from sessions s
    where c.session_id = ${sessionId} and s.id = c.session_id and s.generation = c.generation
      and s.deleted_at is null and (claimed_until is null or claimed_until < clock_timestamp())
    returning c.session_id as "sessionId", c.generation, c.seq::float8 as seq`;
  if (claimed) return claimed;
  const [made] = await sql<Row[]>`
    insert into search_cursors as c (session_id, generation, seq, claimed_until)
    select id, generation, 0, ${claim} from sessions
    where id = ${sessionId} and deleted_at is null for share
    on conflict (session_id) do update
      set generation = excluded.generation, seq = 0, claimed_until = excluded.claimed_until
      where c.generation < excluded.generation
    returning session_id as "sessionId", generation, seq::float8 as seq`;
  return made ?? null;
}

type Row = SearchCursor;

async function releaseCursor(
  { database: { sql } }: BlobServices,
  { sessionId, generation }: SearchCursor,
): Promise<void> {
  await sql`
    update search_cursors set claimed_until = null
    where session_id = ${sessionId} and generation = ${generation}`;
}

interface Write {
  cursor: SearchCursor;
  next: SearchCursor;
  texts: readonly ChangedText[];
}

/** False when the cursor is not where it was: somebody else went on, or the session was deleted. */
async function writeTexts(
  { database: { sql } }: BlobServices,
  { cursor, next, texts }: Write,
): Promise<boolean> {
  // Before the transaction, and one by one: others want this processor too.
  const words: string[] = [];
  for (const { text } of texts) {
    words.push(toSearchWords(text ?? ""));
    await breathe();
  }
  return sql.begin(async (tx) => {
    const { count } = await tx`
      update search_cursors
      set seq = ${next.seq}, claimed_until = clock_timestamp() + ${CLAIM_MS} * interval '1 millisecond'
      where session_id = ${cursor.sessionId} and generation = ${cursor.generation} and seq = ${cursor.seq}`;
    if (count === 0) return false;
    await replaceTexts(tx, { cursor, texts, words });
    return true;
  });
}

/** An item's texts as they are now, and no others. */
async function replaceTexts(
  tx: TransactionSql,
  {
    cursor,
    texts,
    words,
  }: { cursor: SearchCursor; texts: readonly ChangedText[]; words: string[] },
): Promise<void> {
  if (texts.length === 0) return;
  const { sessionId, generation } = cursor;
  const kept = texts.map((text, index) => ({ ...text, words: words[index] ?? "" }));
  const written = kept.filter(({ text }) => text !== null);
  await tx`
    delete from search_texts t
    using unnest(
      ${texts.map(({ messageId }) => messageId)}::text[], ${texts.map(({ partId }) => partId)}::text[]
    ) as changed(message_id, part_id)
    where t.session_id = ${sessionId} and t.generation = ${generation}
      and t.message_id = changed.message_id and t.part_id = changed.part_id`;
  if (written.length === 0) return;
  await tx`
    insert into search_texts (session_id, generation, message_id, part_id, place, text, words)
    select ${sessionId}, ${generation}::integer, message_id, part_id, place, text, to_tsvector('simple', words)
    from unnest(
      ${written.map(({ messageId }) => messageId)}::text[],
      ${written.map(({ partId }) => partId)}::text[],
      ${written.map(({ place }) => place)}::text[],
      ${written.map(({ text }) => text)}::text[],
      ${written.map((text) => text.words)}::text[]
    ) as written(message_id, part_id, place, text, words)`.catch(blameItems);
}
