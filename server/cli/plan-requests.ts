import type { FileLine } from "./list-lines.ts";

/** So much of a file goes into one request, and one line more. */
const REQUEST_MAX_BYTES = 8 * 1024 * 1024;
/** Uploads go before the request that names them, which should not wait for long: a batch without news is given up. */
const UPLOAD_WEIGHT = 1 / 16;

/** What the server says that it has of a batch. */
export interface Arrived {
  /** Indexes that no line came for, up to the expected end, or to the last that came. */
  missing: [from: number, to: number][];
  /** There are more ranges. */
  isMissingCut: boolean;
  /** Lines that it has. */
  received: number;
  expectedCount: number | null;
  /** Indexes whose line could not be read, where another one is wanted in its place. */
  unreadable: readonly number[];
}

/**
 * Lines whose index is missing, or lies behind all that the server can know of, or could not be read, in the order of the
 * file.
 */
export function keepMissing(lines: readonly FileLine[], arrived: Arrived): FileLine[] {
  const { missing, isMissingCut, received, expectedCount } = arrived;
  const unreadable = new Set(arrived.unreadable);
  const gap = missing.reduce((sum, [from, to]) => sum + to - from + 1, 0);
  const knownEnd = isMissingCut ? (missing.at(-1)?.[1] ?? -1) + 1 : received + gap;
  const openEnd = expectedCount === null ? knownEnd : Infinity;
  return lines.filter(
    ({ index }) => index >= openEnd || isIn(missing, index) || unreadable.has(index),
  );
}

/** Ranges are in order. */
function isIn(ranges: readonly [number, number][], index: number): boolean {
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

export interface LineRequest {
  /** Index of its first line, as far as its lines do not say theirs. */
  firstIndex: number;
  lines: FileLine[];
}

/** Lines as requests, in their order: those that are known by their place only go with their neighbours. */
export function planRequests(
  lines: readonly FileLine[],
  { maxBytes = REQUEST_MAX_BYTES }: { maxBytes?: number } = {},
): LineRequest[] {
  const requests: LineRequest[] = [];
  let request: LineRequest | null = null;
  let byteLength = 0;
  for (const line of lines) {
    const isInPlace =
      line.isIndexStated ||
      line.position === (request?.firstIndex ?? 0) + (request?.lines.length ?? 0);
    if (request === null || byteLength >= maxBytes || !isInPlace) {
      request = { firstIndex: line.position, lines: [] };
      requests.push(request);
      byteLength = 0;
    }
    request.lines.push(line);
    byteLength += (line.end - line.start) * (line.longSha256 === null ? 1 : UPLOAD_WEIGHT);
  }
  return requests;
}
