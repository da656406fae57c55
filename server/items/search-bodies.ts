import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { setImmediate } from "node:timers/promises";
import { AppError, isAppError } from "#lib/errors.ts";
import type { FoundItem } from "#lib/transcript.ts";
import type { Candidate } from "./find-candidates.ts";
import { TextFinder, type FoundText } from "./text-finder.ts";

/** Bytes of blobs that one answer looks through, when nobody has asked for all of them. */
const LARGE_MAX_BYTES = 16 * 1024 * 1024;
/** A store that is slower than this is not waited for. */
const LARGE_TIMEOUT_MS = 10_000;

/** A body that holds the text, as it is stored. */
export interface FoundBody {
  messageId: string;
  /** Empty for the message itself. */
  partId: string;
  body: string;
}

/** A body that is a blob. */
export interface LargeBody {
  messageId: string;
  partId: string;
  /** Position of its last change. */
  seq: number;
}

export interface SearchOptions {
  text: string;
  /** The body that the reader may see, and that is searched instead; null for none. */
  rewrite?: ((item: FoundBody) => string | null) | undefined;
  /** The whole of a body that is a blob, as the reader may see it. Left out: they are not searched. */
  openLarge?: ((item: LargeBody) => Promise<Readable>) | undefined;
  /** Blobs are searched however long it takes, in as many answers. */
  isThorough?: boolean | undefined;
}

/** What one answer has left. */
export interface SearchBudget {
  endsAtMs: number;
  largeBytes: number;
  hasSearchedLarge: boolean;
}

export const createBudget = (budgetMs: number): SearchBudget => ({
  endsAtMs: performance.now() + budgetMs,
  largeBytes: LARGE_MAX_BYTES,
  hasSearchedLarge: false,
});

export interface SearchedBodies {
  items: FoundItem[];
  unsearchedCount: number;
  /** How many were looked at; the others are left to the next answer. */
  searchedCount: number;
}

/** Looks through bodies in their order, at least through one. Others of this process come to their turn between them. */
export async function searchBodies(
  candidates: readonly Candidate[],
  options: SearchOptions,
  budget: SearchBudget,
): Promise<SearchedBodies> {
  const { text, rewrite = ({ body }) => body, isThorough = false } = options;
  const items: FoundItem[] = [];
  let unsearchedCount = 0;
  for (const [index, candidate] of candidates.entries()) {
    const { messageId, partId, body } = candidate;
    const isOver =
      body === null
        ? isThorough && isUsedUp(budget)
        : index > 0 && performance.now() >= budget.endsAtMs;
    if (isOver) return { items, unsearchedCount, searchedCount: index };
    const found =
      body === null
        ? await searchLarge(candidate, options, budget)
        : findText(rewrite({ messageId, partId, body }), text);
    if (found === "unsearched") unsearchedCount += 1;
    else if (found !== null) items.push({ messageId, partId, ...found });
    await setImmediate();
  }
  return { items, unsearchedCount, searchedCount: candidates.length };
}

/** An answer that has searched none yet searches one, whatever its size: the search goes on. */
const isUsedUp = ({ hasSearchedLarge, largeBytes, endsAtMs }: SearchBudget) =>
  hasSearchedLarge && (largeBytes <= 0 || performance.now() >= endsAtMs);

async function searchLarge(
  { messageId, partId, seq, byteSize }: Candidate,
  { text, openLarge, isThorough = false }: SearchOptions,
  budget: SearchBudget,
): Promise<FoundText | "unsearched" | null> {
  const isTooMuch = Number(byteSize) > budget.largeBytes;
  if (openLarge === undefined || (isTooMuch && !isThorough)) return "unsearched";
  budget.hasSearchedLarge = true;
  budget.largeBytes -= Number(byteSize);
  try {
    return await findInStream(await openLarge({ messageId, partId, seq: Number(seq) }), text);
  } catch (error) {
    if (!isAppError(error)) throw error;
    // What is slow or broken for one is so for the others of this answer.
    if (error.code === "unavailable") budget.largeBytes = 0;
    return "unsearched";
  }
}

function findText(json: string | null, text: string): FoundText | null {
  if (json === null) return null;
  const finder = new TextFinder(text);
  finder.push(json);
  return finder.found;
}

async function findInStream(stream: Readable, text: string): Promise<FoundText | null> {
  const finder = new TextFinder(text);
  const decoder = new StringDecoder("utf8");
  const timer = setTimeout(() => stream.destroy(tooSlow()), LARGE_TIMEOUT_MS);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) finder.push(decoder.write(chunk));
    return finder.found;
  } finally {
    clearTimeout(timer);
    stream.destroy();
  }
}

const tooSlow = () => new AppError("unavailable", "The store is too slow");
