import { createLineCursor, type LineCursor, NEWLINE } from "./line-cursor.ts";

interface LinePlace {
  /** Among the lines that are not blank, from 0; too long ones count. */
  position: number;
  /** In the body, from 1; blank lines count, as in an editor. */
  number: number;
  /** Of its first byte in the body. */
  offset: number;
}

/**
 * A line that is there whole: the bytes of `chunk` from `start` to `end`, without its newline. A view of its own for
 * every short line would take four fifths of the time.
 */
export interface WholeLine extends LinePlace {
  chunk: Buffer;
  start: number;
  end: number;
  isLong: false;
}

/** A line that is too long to be held. */
export interface LongLine extends LinePlace {
  /**
   * All of it, to be read once and before the next lines are asked for: what is not read by then is stepped over.
   * Fails when the body does.
   */
  bytes: AsyncIterable<Uint8Array>;
  isLong: true;
}

export type Line = WholeLine | LongLine;

/**
 * Cuts a byte stream into lines, many at a time; a `LongLine`, of more than `heldMaxBytes`, is the last of its list.
 * Lines of nothing but white space are left out, and so is a byte order mark (RFC 8259, section 8.1, lets a reader
 * ignore it). A carriage return before a newline, which is white space in JSON, stays; the last line needs no newline.
 * Every byte is looked at once, and copied only in a line that lies in several chunks. Holds one chunk and one line,
 * for a moment twice.
 */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  { heldMaxBytes }: { heldMaxBytes: number },
): AsyncGenerator<Line[]> {
  const cursor = createLineCursor(source);
  const held = createHeldChunks();
  let lines: Line[] = [];
  let position = 0;
  let number = 1;
  let offset = 0;

  const addLine = (chunk: Buffer, from: number, end: number) => {
    const start = offset === 0 ? afterByteOrderMark(chunk, from, end) : from;
    if (isBlank(chunk, start, end)) return;
    lines.push({ position, number, offset, chunk, start, end, isLong: false });
    position += 1;
  };
  const finishLine = (end: number) => {
    const { chunk, at } = cursor;
    if (held.bytes === 0) return addLine(chunk, at, end);
    const whole = Buffer.concat([...held.take(), chunk.subarray(at, end)]);
    addLine(whole, 0, whole.byteLength);
  };
  /** Lines that begin and end in the chunk at hand, as far as they are short: nearly all that there are. */
  const addShortLines = () => {
    const { chunk } = cursor;
    let { at } = cursor;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, at);
      if (end === -1 || end - at > heldMaxBytes) break;
      addLine(chunk, at, end);
      number += 1;
      offset += end + 1 - at;
      at = end + 1;
    }
    cursor.moveTo(at);
  };
  const startNext = () => {
    number += 1;
    offset = cursor.offset;
  };

  try {
    for (;;) {
      if (!cursor.hasBytes) {
        if (lines.length > 0) yield lines;
        lines = [];
        if (!(await cursor.load())) break;
      }
      if (held.bytes === 0) addShortLines();
      if (!cursor.hasBytes) continue;
      const newline = cursor.findEnd();
      const end = newline === -1 ? cursor.chunk.byteLength : newline;
      if (held.bytes + end - cursor.at > heldMaxBytes) {
        const long = createLongLine(cursor, held.take());
        yield [...lines, { position, number, offset, bytes: long.read(), isLong: true }];
        lines = [];
        await long.skip();
        position += 1;
        startNext();
      } else if (newline === -1) {
        held.add(cursor.chunk.subarray(cursor.at));
        cursor.moveTo(end);
      } else {
        finishLine(end);
        cursor.moveTo(end + 1);
        startNext();
      }
    }
    finishLine(cursor.at);
    if (lines.length > 0) yield lines;
  } finally {
    await cursor.close();
  }
}

/** Pieces that are smaller than this are copied together: each costs as much as a hundred bytes. */
const HELD_PIECE_BYTES = 64 * 1024;

/** The start of a line whose end has not come. */
function createHeldChunks() {
  let chunks: Uint8Array[] = [];
  let byteLength = 0;
  /** The last of the chunks when it has room, and how much of it is in use. */
  let collected: Buffer | null = null;
  let usedBytes = 0;
  const closeCollected = () => {
    if (collected) chunks[chunks.length - 1] = collected.subarray(0, usedBytes);
    collected = null;
  };
  return {
    get bytes() {
      return byteLength;
    },
    add(chunk: Uint8Array) {
      byteLength += chunk.byteLength;
      // The first one stays as it is: most lines lie in two chunks.
      if (chunks.length === 0 || chunk.byteLength >= HELD_PIECE_BYTES) {
        closeCollected();
        chunks.push(chunk);
        return;
      }
      if (!collected || usedBytes + chunk.byteLength > HELD_PIECE_BYTES) {
        closeCollected();
        collected = Buffer.allocUnsafe(HELD_PIECE_BYTES);
        usedBytes = 0;
        chunks.push(collected);
      }
      collected.set(chunk, usedBytes);
      usedBytes += chunk.byteLength;
    },
    take() {
      closeCollected();
      const taken = chunks;
      chunks = [];
      byteLength = 0;
      return taken;
    },
  };
}

/** The line that the cursor stands in, and whose start was held. */
function createLongLine(cursor: LineCursor, start: readonly Uint8Array[]) {
  let isAtEnd = false;
  async function* readRest(): AsyncGenerator<Uint8Array> {
    while (!isAtEnd && (await cursor.load())) {
      const { chunk, at } = cursor;
      const newline = cursor.findEnd();
      isAtEnd = newline !== -1;
      const end = isAtEnd ? newline : chunk.byteLength;
      cursor.moveTo(isAtEnd ? newline + 1 : end);
      if (end > at) yield chunk.subarray(at, end);
    }
    isAtEnd = true;
  }
  return {
    async *read() {
      yield* start;
      yield* readRest();
    },
    /** Steps over what nobody read. */
    async skip() {
      for await (const _ of readRest());
    },
  };
}

function isBlank(chunk: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = chunk[at];
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  }
  return true;
}

function afterByteOrderMark(chunk: Buffer, start: number, end: number): number {
  const isMarked = end - start >= 3 && chunk.readUIntBE(start, 3) === 0xefbbbf;
  return isMarked ? start + 3 : start;
}
