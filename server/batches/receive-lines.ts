import { AppError } from "#lib/errors.ts";
import { BATCH_HELD_MAX_BYTES, BATCH_LINES_MAX, INLINE_ITEM_MAX_BYTES } from "#lib/limits.ts";
import type { UploadEncoding } from "#lib/upload.ts";
import { type ByteBudget, createByteBudget } from "#server/blobs/byte-budget.ts";
import { decodeBody } from "#server/ingest/decode-body.ts";
import type { Sql } from "#server/database/database.ts";
import { retryPassing } from "#server/items/retry-passing.ts";
import type { Services } from "#server/services.ts";
import type { BadLine, BatchLine } from "./batch-line.ts";
import { findMissing } from "./find-missing.ts";
import { gatherLines, type LineGroup } from "./gather-lines.ts";
import { inTurn } from "./in-turn.ts";
import { createLineRules } from "./line-rules.ts";
import { enqueueBatch } from "./process-batch-job.ts";
import { type LineRules, nameOf } from "./read-batch-line.ts";
import { type BatchAccess, readBatch } from "./read-batches.ts";
import type { LongLine } from "./read-lines.ts";
import { aborted } from "./seal-batch.ts";
import { spillLine } from "./spill-line.ts";
import { storeGroups } from "./store-groups.ts";
import { type PlacedLine, storeLines } from "./store-lines.ts";
import { findPlaced, noteStatedIndex, placeMarkers, storeMarkers } from "./store-markers.ts";
import {
  batchClosed,
  createTally,
  type ReceivedLines,
  type RefusedLine,
  type Tally,
} from "./tally.ts";

type Needs = Pick<
  Services,
  "database" | "blobs" | "bus" | "queue" | "environment" | "agents" | "log"
>;

const NOTE_ARRIVAL_MS = 60_000;
const WAKE_AGAIN_MS = 1_000;

let heldBytes: ByteBudget | null = null;

export interface IncomingLines {
  body: AsyncIterable<Uint8Array>;
  encoding: UploadEncoding;
  /** The first bad line ends the request; one that is only too long does not. */
  isStrict: boolean;
  /** Index of the first line, where lines do not say theirs. */
  firstIndex: number;
}

/**
 * Takes the lines of one request into a batch, in one pass, `BATCH_INGEST_CONCURRENCY` groups at one time, and says what
 * became of each. Of lines with the same index the first one that can be read counts, however the body is cut. Every
 * line that was stored stays, whatever happens; the same body may come again, whole or in part, in any order and several
 * times at once. Throws `conflict` for an aborted batch, `invalid_input` for a bad line in
 * strict mode and for a broken encoding, `too_large` above a million lines, and what body and stores throw, once all that began has ended.
 */
export async function receiveLines(
  services: Needs,
  batch: BatchAccess,
  incoming: IncomingLines,
): Promise<ReceivedLines> {
  const { batchId } = batch;
  const { isStrict } = incoming;
  if (batch.state === "aborted") throw aborted(batchId);
  const rules = createLineRules(services, batch, incoming.firstIndex);
  const tally = createTally();
  const arrival = await noteArrivals(services, batchId);
  const wake = createWaker(services, batchId);
  try {
    const store = inTurn<LineGroup>(
      ({ lines }) => lines.flatMap(({ index }) => index ?? []),
      async ({ lines }) => {
        const group = { lines, rules, tally, isStrict };
        await retryPassing(() => storeGroup(services, batchId, group), undefined);
        if (tally.counts.accepted > 0) await wake.now();
      },
    );
    await storeGroups(readGroups(services, batch, { incoming, rules }), {
      // The first line that is refused is found in their order.
      concurrency: isStrict ? 1 : services.environment.BATCH_INGEST_CONCURRENCY,
      budget: (heldBytes ??= createByteBudget(BATCH_HELD_MAX_BYTES)),
      store,
    });
    if (tally.lineCount > 0) await placeMarkers(services, { batchId, indexEnd: rules.indexEnd });
  } finally {
    clearInterval(arrival);
    if (tally.counts.accepted > 0) await wake.last();
  }
  tally.tellPlaces(await findPlaced(services.database.sql, batchId, tally.withoutIndex));
  return summarise(services, batchId, tally);
}

async function* readGroups(
  services: Needs,
  { batchId, kind }: BatchAccess,
  { incoming, rules }: { incoming: IncomingLines; rules: LineRules },
) {
  const { body, encoding, isStrict } = incoming;
  const { BATCH_LINE_MAX_BYTES } = services.environment;
  const heldMaxBytes = Math.min(INLINE_ITEM_MAX_BYTES, BATCH_LINE_MAX_BYTES);
  // No start is that long.
  const lineMaxBytes = kind === "start" ? heldMaxBytes : BATCH_LINE_MAX_BYTES;
  const takeLong = (line: LongLine) => spillLine(services, line, { batchId, rules, lineMaxBytes });
  for await (const group of gatherLines(decodeBody(body, encoding), {
    rules,
    linesMax: BATCH_LINES_MAX,
    heldMaxBytes,
    takeLong,
  })) {
    const place = isStrict ? group.lines.findIndex((line) => isRefusedInStrict(line, rules)) : -1;
    const bad = group.lines[place];
    yield bad ? { ...group, lines: group.lines.slice(0, place) } : group;
    if (bad?.fault) throw refusal(bad, bad);
  }
}

function isRefusedInStrict({ fault, index }: BatchLine, { indexEnd }: LineRules): boolean {
  if (fault === "too_large") return index !== null && index >= indexEnd;
  return fault !== null;
}

function refusal(
  line: BatchLine,
  { fault, reason }: { fault: RefusedLine["fault"]; reason: string },
): AppError {
  const { number, offset, index } = line;
  const message = fault === "too_large" ? "The index is out of range" : reason;
  const name = nameOf(line);
  return new AppError("invalid_input", message.startsWith(name) ? message : `${name}: ${message}`, {
    details: { line: number, offset, index, fault },
  });
}

interface GroupStore {
  lines: readonly BatchLine[];
  rules: LineRules;
  tally: Tally;
  isStrict: boolean;
}

/** Counts only when all of it is stored: a group that is tried again is counted once. */
async function storeGroup(
  services: Needs,
  batchId: string,
  { lines, rules, tally, isStrict }: GroupStore,
): Promise<void> {
  const { sql } = services.database;
  const placed = lines.filter((line): line is PlacedLine => isPlaced(line, rules));
  if (!tally.statesIndex && lines.some(({ isIndexStated }) => isIndexStated)) {
    await noteStatedIndex(services, batchId);
    tally.statesIndex = true;
  }
  await storeMarkers(
    services,
    batchId,
    lines.filter((line): line is BadLine => line.fault !== null && !isPlaced(line, rules)),
  );
  const results = await storeLines(services, batchId, placed);
  await letGoOfBlobs(sql, lines);
  placed.forEach((line, position) => tally.add(line, results[position]));
  for (const line of lines) if (!isPlaced(line, rules)) tally.add(line);
  if (!isStrict) return;
  const closed = placed.find(
    ({ fault }, position) => fault === null && results[position]?.outcome === "closed",
  );
  if (closed) throw refusal(closed, batchClosed);
}

/** Of lines that were there already. */
async function letGoOfBlobs(sql: Sql, lines: readonly BatchLine[]): Promise<void> {
  const blobIds = lines.flatMap((line) => (line.fault === null ? (line.blobId ?? []) : []));
  if (blobIds.length === 0) return;
  await sql`
    update blobs set state = 'deleting'
    where id = any(${blobIds}::uuid[])
      and not exists (select from batch_items where blob_id = blobs.id)`;
}

const isPlaced = ({ index }: BatchLine, { indexEnd }: LineRules) =>
  index !== null && index < indexEnd;

/** As long as a request goes on, its batch is not given up. A request without lines says no more than that. */
async function noteArrivals(
  { database: { sql }, log }: Needs,
  batchId: string,
): Promise<NodeJS.Timeout> {
  const note = async () => {
    try {
      await sql`update batches set last_line_at = now() where id = ${batchId}`;
    } catch (error) {
      log.warn({ err: error, batchId }, "arrival of lines not noted");
    }
  };
  await note();
  return setInterval(() => void note(), NOTE_ARRIVAL_MS);
}

/**
 * Has workers come while lines arrive, now and then, and once more for the last of them. Never throws: rows wait however
 * this ends, and the worker looks for such batches too.
 */
function createWaker(services: Needs, batchId: string) {
  let wokenAt = -Infinity;
  const wake = async () => {
    try {
      await enqueueBatch(services, batchId);
    } catch (error) {
      services.log.warn({ err: error, batchId }, "no worker called, one will come by itself");
    }
  };
  return {
    async now() {
      if (performance.now() - wokenAt < WAKE_AGAIN_MS) return;
      wokenAt = performance.now();
      await wake();
    },
    last: wake,
  };
}

async function summarise(
  { database }: Needs,
  batchId: string,
  { counts, conflicts, refused }: Tally,
): Promise<ReceivedLines> {
  const batch = await readBatch(database, batchId);
  if (batch.state === "aborted") throw aborted(batchId);
  const { missing, isCut } = await findMissing(database.sql, batchId);
  return {
    ...counts,
    conflicts: conflicts.toSorted((a, b) => a.index - b.index),
    refused: refused.toSorted((a, b) => a.line - b.line),
    sealed: batch.state !== "open",
    received: batch.received,
    expected: batch.expectedCount,
    missing,
    isMissingCut: isCut,
  };
}
