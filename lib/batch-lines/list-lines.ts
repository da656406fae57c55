import { AppError } from "#lib/errors.ts";
import { BATCH_LINES_MAX } from "#lib/limits.ts";

/** A line of so many bytes or more is sent as an upload, where its batch takes uploads. */
export const LONG_LINE_BYTES = 128 * 1024;
const [NEWLINE, CARRIAGE_RETURN, TAB, SPACE] = [0x0a, 0x0d, 0x09, 0x20];
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** Where a line of a batch lies in its file, and which of the batch it is. */
export interface ListedLine {
  /** First byte, and the byte behind the last one, without the line break. */
  start: number;
  end: number;
  /** From 1, as in an editor. */
  number: number;
  /** What it says of itself, else its place among the lines that are not blank, from 0. */
  index: number;
  isIndexStated: boolean;
}

/** Sees the bytes of one line, piece after piece. */
export interface LineReader<Seen> {
  read(bytes: Uint8Array): void;
  /** All of it was read. `index` is what it says of its index, null for nothing. */
  end(line: Omit<ListedLine, "index" | "isIndexStated">): { index: number | null; seen: Seen };
}

/**
 * Reads a file of lines once and remembers where each one lies, with what its reader saw in it. Blank lines do not count,
 * and a byte order mark is no part of the first. Holds nothing of the lines. Throws `invalid_input` for a file without
 * lines, and as soon as there are more than a batch takes.
 */
export async function listLines<Seen extends object>(
  pieces: AsyncIterable<Uint8Array>,
  startLine: () => LineReader<Seen>,
  { linesMax = BATCH_LINES_MAX }: { linesMax?: number } = {},
): Promise<(ListedLine & Seen)[]> {
  const lines: (ListedLine & Seen)[] = [];
  const { skippedBytes, rest } = await withoutMark(pieces);
  let reader = startLine();
  let start = skippedBytes;
  let end = skippedBytes;
  let number = 1;
  let isBlank = true;

  const read = (bytes: Uint8Array) => {
    isBlank &&= isWhiteSpace(bytes);
    reader.read(bytes);
    end += bytes.byteLength;
  };
  const finish = () => {
    if (!isBlank) {
      const place = { start, end, number };
      const { index, seen } = reader.end(place);
      lines.push({
        ...place,
        index: index ?? lines.length,
        isIndexStated: index !== null,
        ...seen,
      });
      if (lines.length > linesMax)
        throw new AppError(
          "invalid_input",
          `A batch takes at most ${linesMax.toLocaleString("en")} lines.`,
        );
    }
    reader = startLine();
    start = end += 1;
    number += 1;
    isBlank = true;
  };

  for await (const piece of rest) {
    let from = 0;
    for (let at = piece.indexOf(NEWLINE); at !== -1; at = piece.indexOf(NEWLINE, from)) {
      read(piece.subarray(from, at));
      finish();
      from = at + 1;
    }
    read(piece.subarray(from));
  }
  finish();
  if (lines.length === 0) throw new AppError("invalid_input", "There is no line in it.");
  return lines;
}

/**
 * Lines that will be there, where the indexes of all that are listed are below their number; else null. Where some say
 * their index and others do not, one that cannot be read has none: no number would be right.
 */
export function countExpected(lines: readonly ListedLine[]): number | null {
  const statedCount = lines.filter(({ isIndexStated }) => isIndexStated).length;
  if (statedCount === 0) return lines.length;
  if (statedCount < lines.length) return null;
  const indexes = new Set(lines.map(({ index }) => index));
  return lines.every(({ index }) => index < indexes.size) ? indexes.size : null;
}

const isWhiteSpace = (bytes: Uint8Array) =>
  bytes.every((byte) => byte === SPACE || byte === TAB || byte === CARRIAGE_RETURN);

/** A byte order mark may lie in several pieces. */
async function withoutMark(pieces: AsyncIterable<Uint8Array>) {
  const iterator = pieces[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  const start: number[] = [];
  while (start.length < BYTE_ORDER_MARK.length) {
    const { done, value } = await iterator.next();
    if (done) break;
    head.push(value);
    start.push(...value.subarray(0, BYTE_ORDER_MARK.length - start.length));
  }
  const isMarked = BYTE_ORDER_MARK.every((byte, at) => start[at] === byte);
  const skippedBytes = isMarked ? BYTE_ORDER_MARK.length : 0;
  async function* rest() {
    let toSkip = skippedBytes;
    try {
      for (const piece of head) {
        yield piece.subarray(toSkip);
        toSkip = Math.max(0, toSkip - piece.byteLength);
      }
      for (let next = await iterator.next(); !next.done; next = await iterator.next())
        yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return { skippedBytes, rest: rest() };
}
