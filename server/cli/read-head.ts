import { open } from "node:fs/promises";
import { constants, createGunzip } from "node:zlib";
import { SESSION_HEAD_BYTES } from "#lib/brought-session.ts";
import type { UploadEncoding } from "#lib/upload.ts";

const GZIP_START = Buffer.from([0x1f, 0x8b]);

/** Gzip is known by its first two bytes, whatever the file is called. */
export const encodingOf = (start: Buffer): UploadEncoding =>
  start.subarray(0, 2).equals(GZIP_START) ? "gzip" : "identity";

export interface FileHead {
  encoding: UploadEncoding;
  /** The first bytes of what is packed in it, 64 KiB at most. */
  head: Uint8Array;
}

/** How a file is packed and what it begins with. Throws what the file system throws. */
export async function readHead(path: string): Promise<FileHead> {
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(SESSION_HEAD_BYTES);
    const { bytesRead } = await file.read(bytes, 0, bytes.byteLength, 0);
    return unpackHead(bytes.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** The same of bytes that are there. Damaged ones unpack to nothing: the server says what is wrong with them. */
export async function unpackHead(start: Buffer): Promise<FileHead> {
  const encoding = encodingOf(start);
  const head = encoding === "gzip" ? await gunzipStart(start) : start;
  return { encoding, head: head.subarray(0, SESSION_HEAD_BYTES) };
}

async function gunzipStart(packed: Buffer): Promise<Uint8Array> {
  const gunzip = createGunzip({
    finishFlush: constants.Z_SYNC_FLUSH,
    chunkSize: SESSION_HEAD_BYTES,
  });
  gunzip.end(packed);
  try {
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) return chunk;
  } catch {
    return new Uint8Array();
  }
  return new Uint8Array();
}
