import {
  countExpected,
  type LineReader,
  listLines as listLinesOf,
  LONG_LINE_BYTES,
} from "#lib/batch-lines/list-lines.ts";
import { isRecord } from "#lib/is-record.ts";
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
      const isLong = bytes >= LONG_LINE_BYTES;
      const text = new TextDecoder().decode(isLong ? all.subarray(0, HEAD_BYTES) : all);
      const members = isLong ? parseCutJson(text) : parseObject(text);
      onLine?.({ number, bytes, members });
      return { index: indexOf(members), seen: {} };
    },
  };
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
