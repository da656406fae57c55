import type { IndexRanges, SourceLine } from "./source-line.ts";

/** So much goes into one request, and one line more. */
const REQUEST_MAX_BYTES = 4 * 1024 * 1024;
/** Uploads go before the request that names them, which should not wait for long. */
const UPLOADS_MAX = 20;

export interface LineRequest {
  /** Index of its first line, as far as its lines do not say theirs. */
  firstIndex: number;
  lines: SourceLine[];
}

/** What the server says that it has of a batch. */
export interface Arrived {
  /** Indexes that no line came for, up to the expected end, or to the last that came. */
  missing: IndexRanges;
  /** There are more ranges. */
  isMissingCut: boolean;
  /** Indexes whose line could not be read: another one may take its place. */
  unreadable: readonly number[];
  received: number;
  expectedCount: number | null;
}

/** Lines that the server would take: whose index is missing, could not be read, or lies behind all that it can know of. */
export function keepWanted(lines: readonly SourceLine[], arrived: Arrived): SourceLine[] {
  const { missing, isMissingCut, unreadable, received, expectedCount } = arrived;
  const gap = missing.reduce((sum, [from, to]) => sum + to - from + 1, 0);
  const knownEnd = isMissingCut ? (missing.at(-1)?.[1] ?? -1) + 1 : received + gap;
  const openEnd = expectedCount === null || isMissingCut ? knownEnd : Infinity;
  const replaceable = new Set(unreadable);
  return lines.filter(
    ({ index }) => index >= openEnd || replaceable.has(index) || isIn(missing, index),
  );
}

function isIn(ranges: IndexRanges, index: number): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.[1] ?? Infinity) < index) low = middle + 1;
    else high = middle;
  }
  const range = ranges[low];
  return range !== undefined && range[0] <= index;
}

/** Lines as requests, in their order: those that are known by their place only go with their neighbours. */
export function planRequests(
  lines: readonly SourceLine[],
  { maxBytes = REQUEST_MAX_BYTES }: { maxBytes?: number } = {},
): LineRequest[] {
  const requests: LineRequest[] = [];
  let request: LineRequest | null = null;
  let byteLength = 0;
  let uploadCount = 0;
  for (const line of lines) {
    const nextIndex: number = (request?.firstIndex ?? 0) + (request?.lines.length ?? 0);
    const isInPlace = line.isIndexStated || line.index === nextIndex;
    const isFull = byteLength >= maxBytes || uploadCount >= UPLOADS_MAX;
    if (request === null || isFull || !isInPlace) {
      request = { firstIndex: line.index, lines: [] };
      requests.push(request);
      byteLength = 0;
      uploadCount = 0;
    }
    request.lines.push(line);
    if (line.way === "upload" || line.way === "file") uploadCount += 1;
    else byteLength += line.end - line.start;
  }
  return requests;
}
