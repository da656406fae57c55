import { BATCH_LINES_MAX } from "#lib/limits.ts";
import { isRecord } from "#lib/is-record.ts";
import { parseCutJson } from "#lib/parse-cut-json.ts";
import type { LineSource, SourceLine } from "./source-line.ts";

/** A line of so many bytes or more goes as an upload, where its batch takes uploads. */
export const LONG_LINE_BYTES = 128 * 1024;
/** Of a long line, as much is looked at. */
const HEAD_BYTES = 64 * 1024;
const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** What a line says, for whoever looks at it before it is sent. */
export interface SeenLine {
  /** In its file, from 1. */
  number: number;
  bytes: number;
  /** Null for what is no object; of a long line what its beginning says. */
  members: Readonly<Record<string, unknown>> | null;
}

interface ListOptions {
  hasUploads: boolean;
  /** Of the file, for what is called after it. */
  name: string;
  onLine?: (line: SeenLine) => void;
}

/**
 * Reads a file of lines once and remembers where each one lies; holds a chunk and one short line. Throws for a file
 * without lines, or with more than a batch takes, with a message for whoever chose it.
 */
export async function listLines(file: Blob, options: ListOptions): Promise<LineSource> {
  const lines: SourceLine[] = [];
  let number = 0;
  for await (const { start, end, head } of splitLines(file)) {
    number += 1;
    const text = new TextDecoder().decode(head);
    if (end - start === head.byteLength && text.trim() === "") continue;
    const isLong = end - start >= LONG_LINE_BYTES;
    const members = isLong ? parseCutJson(text) : parseObject(text);
    options.onLine?.({ number, bytes: end - start, members });
    const stated = indexOf(members);
    lines.push({
      index: stated ?? lines.length,
      isIndexStated: stated !== null,
      file,
      start,
      end,
      way: isLong && options.hasUploads ? "upload" : "line",
      name: options.name,
    });
    if (lines.length > BATCH_LINES_MAX)
      throw new Error(`A batch takes at most ${BATCH_LINES_MAX.toLocaleString("en")} lines.`);
  }
  if (lines.length === 0) throw new Error("There is no line in it.");
  const statesIndex = lines.some(({ isIndexStated }) => isIndexStated);
  // Its index may stand behind what was looked at: the server finds it there, and a line that names an upload has none.
  const sent = lines.map((line) =>
    statesIndex && !line.isIndexStated ? { ...line, way: "line" as const } : line,
  );
  return { lines: sent, expectedCount: countExpected(lines) };
}

/** Where some lines say their index and others do not, one that cannot be read has none: no number would be right. */
function countExpected(lines: readonly SourceLine[]): number | null {
  const statedCount = lines.filter(({ isIndexStated }) => isIndexStated).length;
  if (statedCount === 0) return lines.length;
  if (statedCount < lines.length) return null;
  const indexes = new Set(lines.map(({ index }) => index));
  return lines.every(({ index }) => index < indexes.size) ? indexes.size : null;
}

function indexOf(members: SeenLine["members"]): number | null {
  const index = members?.["index"];
  return typeof index === "number" && Number.isSafeInteger(index) && index >= 0 ? index : null;
}

function parseObject(text: string): SeenLine["members"] {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

interface Piece {
  start: number;
  end: number;
  /** All of a short line, the beginning of a long one. */
  head: Uint8Array;
}

async function* splitLines(file: Blob): AsyncGenerator<Piece> {
  const skipped = await markBytes(file);
  let start = skipped;
  let end = skipped;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const hold = (piece: Uint8Array) => {
    end += piece.byteLength;
    if (heldBytes >= LONG_LINE_BYTES) return;
    held.push(piece);
    heldBytes += piece.byteLength;
  };
  const finish = (): Piece => {
    const all = join(held, heldBytes);
    const head = end - start < LONG_LINE_BYTES ? all : all.subarray(0, HEAD_BYTES);
    const piece = { start, end, head };
    start = end += 1;
    held = [];
    heldBytes = 0;
    return piece;
  };
  const reader = file.slice(skipped).stream().getReader();
  for (;;) {
    const { done, value: chunk } = await reader.read();
    if (done) break;
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      hold(chunk.subarray(from, at));
      yield finish();
      from = at + 1;
    }
    // A copy: what is left would keep all of the chunk.
    hold(chunk.slice(from));
  }
  if (end > start) yield finish();
}

function join(pieces: readonly Uint8Array[], byteLength: number): Uint8Array {
  const [only] = pieces;
  if (pieces.length === 1 && only) return only;
  const joined = new Uint8Array(byteLength);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.byteLength;
  }
  return joined;
}

/** A byte order mark is no part of the first line. */
async function markBytes(file: Blob): Promise<number> {
  const start = new Uint8Array(await file.slice(0, BYTE_ORDER_MARK.length).arrayBuffer());
  const isMarked = BYTE_ORDER_MARK.every((byte, at) => start[at] === byte);
  return isMarked ? BYTE_ORDER_MARK.length : 0;
}
