import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createIndexFinder } from "#server/batches/index-finder.ts";
import { type Line, readLines } from "#server/batches/read-lines.ts";
import { BATCH_LINES_MAX } from "#lib/limits.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

/** A line of so many bytes or more is sent as an upload, where its batch takes uploads. */
const LONG_LINE_BYTES = 128 * 1024;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Where a line of a batch lies in its file, and which of the batch it is. */
export interface FileLine {
  /** First byte, and the byte behind the last one, without the line break. */
  start: number;
  end: number;
  /** From 1, as in an editor. */
  number: number;
  /** Place among the lines that are not blank, from 0. */
  position: number;
  /** What it says of itself, else its position. */
  index: number;
  isIndexStated: boolean;
  /** SHA-256, in hex, of a line that is to be sent as an upload: from 128 KiB on. Null for others. */
  longSha256: string | null;
}

export interface LineList {
  lines: FileLine[];
  /** Of the whole file, in hex. */
  sha256: string;
  /** Lines that will be there, where the indexes of this file are all below their number; else null. */
  expectedCount: number | null;
}

/**
 * Reads a file of lines once and remembers where each one lies, about 100 bytes for a line. Throws `CommandError` for a
 * file without lines, or with more than a batch takes.
 */
export async function listLines(
  path: string,
  { hasUploads }: { hasUploads: boolean },
): Promise<LineList> {
  const hash = createHash("sha256");
  const source = async function* () {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
      hash.update(chunk as Buffer);
      yield chunk as Buffer;
    }
  };
  const mark = await markBytes(path);
  const lines: FileLine[] = [];
  for await (const group of readLines(source(), { heldMaxBytes: LONG_LINE_BYTES - 1 }))
    for (const line of group) {
      const placed = await place(line, line.offset === 0 ? mark : 0);
      lines.push(hasUploads ? placed : { ...placed, longSha256: null });
    }
  if (lines.length === 0) throw new CommandError(exitCodes.usage, "There is no line to send");
  if (lines.length > BATCH_LINES_MAX)
    throw new CommandError(exitCodes.usage, `A batch takes at most ${BATCH_LINES_MAX} lines`);
  return { lines, sha256: hash.digest("hex"), expectedCount: countExpected(lines) };
}

async function place(line: Line, skippedBytes: number): Promise<FileLine> {
  const { position, number, offset } = line;
  const finder = createIndexFinder();
  const start = offset + skippedBytes;
  const { end, longSha256 } = line.isLong
    ? await readLong(line.bytes, { finder, offset, skippedBytes })
    : readShort(line, { finder, start });
  const stated = finder.find();
  const index = stated ?? position;
  return { start, end, number, position, index, isIndexStated: stated !== null, longSha256 };
}

type Finder = ReturnType<typeof createIndexFinder>;

function readShort(
  { chunk, start: from, end: to }: Extract<Line, { isLong: false }>,
  { finder, start }: { finder: Finder; start: number },
) {
  finder.read(chunk.subarray(from, to));
  return { end: start + to - from, longSha256: null };
}

async function readLong(
  bytes: AsyncIterable<Uint8Array>,
  { finder, offset, skippedBytes }: { finder: Finder; offset: number; skippedBytes: number },
) {
  const hash = createHash("sha256");
  let end = offset;
  let toSkip = skippedBytes;
  for await (const piece of bytes) {
    finder.read(piece);
    hash.update(piece.subarray(Math.min(toSkip, piece.byteLength)));
    toSkip = Math.max(0, toSkip - piece.byteLength);
    end += piece.byteLength;
  }
  return { end, longSha256: hash.digest("hex") };
}

/** Where some lines say their index and others do not, one that cannot be read has none: no number would be right. */
function countExpected(lines: readonly FileLine[]): number | null {
  const statedCount = lines.filter(({ isIndexStated }) => isIndexStated).length;
  if (statedCount === 0) return lines.length;
  if (statedCount < lines.length) return null;
  const indexes = new Set(lines.map(({ index }) => index));
  return lines.every(({ index }) => index < indexes.size) ? indexes.size : null;
}

/** A byte order mark is no part of the first line. */
async function markBytes(path: string): Promise<number> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(3), 0, 3, 0);
    return bytesRead === 3 && buffer.equals(BYTE_ORDER_MARK) ? 3 : 0;
  } finally {
    await file.close();
  }
}
