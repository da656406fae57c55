import type { LineFault } from "#lib/batch.ts";

/** Where a line stood in its request. */
export interface LinePlace {
  /** Among the lines that are not blank, from the index on that the request counts from. */
  position: number;
  /** From 1, as in an editor. */
  number: number;
  offset: number;
}

interface LineFacts extends LinePlace {
  /** The line says something of its index, also where that can be none; else its place says it, or nothing does. */
  isIndexStated: boolean;
  /** Of the line without its line break; a carriage return belongs to that. */
  bytes: number;
  /** Hex, of the same. */
  sha256: string;
}

/** A line that waits for a worker; exactly one of body, blob and upload is there. */
export interface GoodLine extends LineFacts {
  index: number;
  body: string | null;
  blobId: string | null;
  uploadId: string | null;
  fault: null;
}

/** A line that nothing can be made of. */
export interface BadLine extends LineFacts {
  /** What it says of itself; null when that could not be read. */
  index: number | null;
  fault: LineFault;
  /** Safe to show. */
  reason: string;
}

export type BatchLine = GoodLine | BadLine;
