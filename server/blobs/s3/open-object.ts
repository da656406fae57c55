import { Readable } from "node:stream";
import { AppError } from "#lib/errors.ts";
import type { ByteRange } from "../blob-store.ts";
import type { Bucket } from "./bucket.ts";
import { ask, refuseMissing, statusOf, toBlobError } from "./s3-errors.ts";

/** Lost connections in a row without a byte between them. */
const MAX_LOSSES = 3;

/** An answer of which nothing is read yet. */
interface Opened {
  body: Readable;
  /** Of the whole object: the first byte of the body, and the one after its last. */
  start: number;
  end: number;
}

/**
 * Opens an object for reading. Objects never change, so a connection that is lost, also one that the server gave up
 * because our reader is slow, is replaced by another one from the next byte on; after three losses in a row the stream
 * fails with `unavailable`. Holds what the socket holds.
 */
export async function openObject(
  bucket: Bucket,
  key: string,
  { offset = 0, length = Infinity }: ByteRange = {},
): Promise<Readable> {
  if (length === 0) {
    const object = { Bucket: bucket.name, Key: `${bucket.prefix}${key}` };
    await ask(() => bucket.client.headObject(object).catch(refuseMissing));
    return Readable.from([]);
  }
  const closing = new AbortController();
  const open = (start: number, end: number) =>
    getRange(bucket, key, { start, end, signal: closing.signal });
  const first = await open(offset, offset + length);
  if (first === null) return Readable.from([]);
  return createStream(readOn(first, open), { closing, first });
}

/** Destroying it ends the connection at once, also while nothing arrives. */
function createStream(
  chunks: AsyncGenerator<Uint8Array>,
  { closing, first }: { closing: AbortController; first: Opened },
): Readable {
  return new Readable({
    read() {
      chunks.next().then(
        ({ value }) => {
          if (!this.destroyed) this.push(value ?? null);
        },
        (error: unknown) => {
          if (!this.destroyed) this.destroy(toBlobError(error));
        },
      );
    },
    destroy(error, callback) {
      closing.abort(error ?? new AppError("gone", "The reader has left"));
      first.body.destroy();
      callback(error);
    },
  });
}

async function* readOn(
  first: Opened,
  open: (start: number, end: number) => Promise<Opened | null>,
): AsyncGenerator<Uint8Array> {
  let opened: Opened | null = first;
  let position = first.start;
  for (let losses = 0; opened !== null;) {
    try {
      for await (const chunk of opened.body as AsyncIterable<Uint8Array>) {
        position += chunk.byteLength;
        losses = 0;
        yield chunk;
      }
      if (position === first.end) return;
      throw new Error("The answer ended early");
    } catch (error) {
      losses += 1;
      if (losses === MAX_LOSSES) throw error;
    }
    opened = await open(position, first.end);
  }
  throw new AppError("unavailable", "A stored file is shorter than it was");
}

interface Range {
  start: number;
  /** Exclusive; may lie behind the end of the object. */
  end: number;
  signal: AbortSignal;
}

/** Null when the object ends before `start`. */
async function getRange(
  bucket: Bucket,
  key: string,
  { start, end, signal }: Range,
): Promise<Opened | null> {
  const isWhole = start === 0 && end === Infinity;
  const last = end === Infinity ? "" : String(end - 1);
  const query = {
    Bucket: bucket.name,
    Key: `${bucket.prefix}${key}`,
    Range: isWhole ? undefined : `bytes=${start}-${last}`,
  };
  const answer = await ask(
    () =>
      bucket.client
        .getObject(query, { abortSignal: signal })
        .catch(nullWhenBehindTheEnd)
        .catch(refuseMissing),
    signal,
  );
  if (answer === null) return null;
  const body = answer.Body as Readable;
  // Whoever iterates is told; who does not yet, must not be killed by it.
  body.on("error", () => {});
  const isRangeKept = isWhole || answer.ContentRange?.startsWith(`bytes ${start}-`);
  if (!isRangeKept || answer.ContentLength === undefined) {
    body.destroy();
    throw new AppError("unavailable", "The file storage answered with another range");
  }
  return { body, start, end: start + answer.ContentLength };
}

function nullWhenBehindTheEnd(error: unknown): null {
  if (statusOf(error) === 416) return null;
  throw error;
}
