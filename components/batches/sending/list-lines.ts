import {
  countExpected,
  type LineReader,
  listLines as listLinesOf,
  LONG_LINE_BYTES,
} from "#lib/batch-lines/list-lines.ts";
import { isRecord } from "#lib/is-record.ts";
import { BATCH_LINES_MAX } from "#lib/limits.ts";
import { parseCutJson } from "#lib/parse-cut-json.ts";
import type { LineSource, SourceLine } from "./source-line.ts";

/** Of a long line, as much is looked at. */
const HEAD_BYTES = 64 * 1024;

/** What a line says, for whoever looks at it before it is sent. */
export interface SeenLine {
  /** In its file, from 1. */
  number: number;
  bytes: number;
  /** Null for what is no object; of a long line what its beginning says. */
  members: Readonly<Record<string, unknown>> | null;
  /** Why the server will not read it, whatever its batch is for; null when nothing is known to be wrong. */
  problem: string | null;
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
  const listed = await listLinesOf(chunksOf(file), () => createLineReader(options));
  const statesIndex = listed.some(({ isIndexStated }) => isIndexStated);
  const lines = listed.map(({ start, end, index, isIndexStated }): SourceLine => {
    const isLong = end - start >= LONG_LINE_BYTES;
    // Its index may stand behind what was looked at: the server finds it there, and a line that names an upload has none.
    const isUpload = options.hasUploads && isLong && (isIndexStated || !statesIndex);
    const way = isUpload ? "upload" : "line";
    return { index, isIndexStated, file, start, end, way, name: options.name };
  });
  return { lines, expectedCount: countExpected(listed) };
}

function createLineReader({ onLine }: ListOptions): LineReader<object> {
  const held: Uint8Array[] = [];
  let heldBytes = 0;
  return {
    read(bytes) {
      if (heldBytes >= LONG_LINE_BYTES) return;
      held.push(bytes);
      heldBytes += bytes.byteLength;
    },
    end({ start, end, number }) {
      const all = join(held, heldBytes);
      const bytes = end - start;
      const isCut = bytes >= LONG_LINE_BYTES;
      const { text, isUtf8 } = decode(isCut ? all.subarray(0, HEAD_BYTES) : all, { isCut });
      const members = isCut ? parseCutJson(text) : parseObject(text);
      onLine?.({ number, bytes, members, problem: isUtf8 ? problemOf(members) : NOT_UTF8 });
      return { index: indexOf(members), seen: {} };
    },
  };
}

const NOT_UTF8 = "It is not UTF-8";

function problemOf(members: SeenLine["members"]): string | null {
  if (members === null) return "It is not a JSON object";
  if (members["index"] === undefined) return null;
  const index = indexOf(members);
  if (index === null) return "The index is not a whole number from 0 on, or too large";
  return index < BATCH_LINES_MAX ? null : `The index is not below ${BATCH_LINES_MAX}`;
}

/** Of bytes that are no text, what can be read of them. The end of bytes that were cut may be half a character. */
function decode(bytes: Uint8Array, { isCut }: { isCut: boolean }) {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return { text: decoder.decode(bytes, { stream: isCut }), isUtf8: true };
  } catch {
    return { text: new TextDecoder().decode(bytes), isUtf8: false };
  }
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

/** Not every browser lets a stream be iterated. */
async function* chunksOf(file: Blob): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}
