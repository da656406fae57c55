import type { Batch, BatchItem, BatchKind } from "#lib/batch.ts";
import type { ArrivedLines } from "#lib/batch-lines/keep-wanted.ts";
import {
  MISSING_PAGE_RANGES,
  type MissingPage,
  readAllMissing,
} from "#lib/batch-lines/read-all-missing.ts";
import { type Trouble, troubleOf } from "#components/upload/trouble.ts";

export interface AskedBatch {
  kind: BatchKind;
  expectedCount?: number;
  concurrency?: number;
  defaults: Readonly<Record<string, unknown>>;
  idempotencyKey: string;
}

/** What became of the lines of one request; the server's `ReceivedLines`, as far as pages show it. */
export interface LineAnswers {
  accepted: number;
  deduplicated: number;
  conflictCount: number;
  refusedCount: number;
  /** Of the refused ones. */
  oversized: number;
  /** Of the refused ones, those that nobody can say the index of; as far as they are named. */
  unassignedCount: number;
}

/** As the server answers. */
interface ReceivedLines extends Omit<LineAnswers, "unassignedCount"> {
  refused: { index: number | null }[];
}

/** Longer is not waited for an answer: the request may be made again. */
const PATIENCE_MS = 120_000;
const UNREADABLE_PAGE = 1_000;

export const isTrouble = (value: object): value is Trouble => "isPassing" in value;

/** The same request finds the batch that it made before. */
export async function createBatch(asked: AskedBatch): Promise<Batch | Trouble> {
  const answer = await ask<{ batch: Batch }>("/api/v1/batches", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(asked),
  });
  return isTrouble(answer) ? answer : answer.batch;
}

export async function postLines(
  batchId: string,
  { firstIndex, body }: { firstIndex: number; body: Blob },
): Promise<LineAnswers | Trouble> {
  const path = `/api/v1/batches/${batchId}/items?firstIndex=${firstIndex}`;
  const answer = await ask<ReceivedLines>(path, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    body,
  });
  if (isTrouble(answer)) return answer;
  const unassignedCount = answer.refused.filter(({ index }) => index === null).length;
  return { ...answer, unassignedCount };
}

/** A request without lines: some are on their way. */
export const noteArrival = (batchId: string) =>
  postLines(batchId, { firstIndex: 0, body: new Blob([]) });

/**
 * Says that no more lines come, where none is missing: a sealed batch takes no line for an index that it does not have.
 * One with gaps stays open.
 */
export async function sealWhole(batchId: string): Promise<Batch | Trouble> {
  const path = `/api/v1/batches/${batchId}`;
  const known = await ask<{ batch: Batch }>(path);
  if (isTrouble(known)) return known;
  if (known.batch.missingCount > 0) return known.batch;
  // Whoever sends corrected lines has dealt with those of before that have no index.
  const allowUnassigned = known.batch.unassignedCount > 0;
  const sealed = await ask<{ batch: Batch }>(`${path}/seal`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ allowUnassigned }),
  });
  return isTrouble(sealed) ? sealed : sealed.batch;
}

/** What the server has of a batch, and would take. */
export async function fetchArrived(batchId: string): Promise<ArrivedLines | Trouble> {
  const path = `/api/v1/batches/${batchId}`;
  // First the count: lines that come in between make more seem to be missing, never less.
  const known = await ask<{ batch: Batch }>(path);
  if (isTrouble(known)) return known;
  const { received, expectedCount, counts } = known.batch;
  const missing = await readAllMissing((after) =>
    ask<MissingPage>(`${path}/missing?limit=${MISSING_PAGE_RANGES}&after=${after}`),
  );
  if (isTrouble(missing)) return missing;
  const unreadable = counts.failed > 0 ? await fetchUnreadable(path) : [];
  if ("isPassing" in unreadable) return unreadable;
  return { missing, unreadable, received, expectedCount };
}

async function fetchUnreadable(path: string): Promise<number[] | Trouble> {
  const indexes: number[] = [];
  for (let after = -1; ;) {
    const query = `state=failed&limit=${UNREADABLE_PAGE}&after=${after}`;
    const answer = await ask<{ items: BatchItem[] }>(`${path}/items?${query}`);
    if (isTrouble(answer)) return answer;
    const { items } = answer;
    indexes.push(...items.filter(({ fault }) => fault !== null).map(({ index }) => index));
    const last = items.at(-1);
    if (items.length < UNREADABLE_PAGE || !last) return indexes;
    after = last.index;
  }
}

/** An answer that breaks, or is not our server's, is as good as none. */
async function ask<Answer extends object>(
  path: string,
  request: RequestInit = {},
): Promise<Answer | Trouble> {
  try {
    const response = await fetch(path, { ...request, signal: AbortSignal.timeout(PATIENCE_MS) });
    const text = await response.text();
    if (response.ok) return JSON.parse(text) as Answer;
    const trouble = troubleOf(response.status, text);
    // Of a batch this does not pass: it was aborted, is not complete, or its key was used for another.
    return response.status === 409 ? { ...trouble, isPassing: false } : trouble;
  } catch {
    return troubleOf(0, "");
  }
}
