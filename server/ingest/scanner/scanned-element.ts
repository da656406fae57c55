import type { TranscriptFormat } from "#server/transcripts/transcript-format.ts";

/** How a document is built; `ndjson` is one element per line. */
export type DocumentFormat = "data" | "array" | "snapshot" | "ndjson";

/** An item that was found whole. */
export interface ScannedItem {
  kind: "item";
  /** Among all that was yielded, from 0. */
  index: number;
  /** Of the first byte of the element, in the stream. */
  offset: number;
  /** UTF-8 bytes of the whole element. */
  byteLength: number;
  type: string;
  /** Empty where the type has none. */
  messageId: string;
  partId: string;
  /** `data`, or `info`, or the part, exactly as received. Valid until the next batch is asked for. */
  body: Uint8Array;
  /** The other members of the element, a JSON object as received; undefined when there are none. */
  envelope?: string;
}

/** An element that is no item, or none that may be stored. What could be read of its head is fit for columns. */
export interface SkippedElement {
  kind: "skipped";
  index: number;
  offset: number;
  byteLength: number;
  /** Safe to show. */
  reason: string;
  type: string | null;
  messageId: string | null;
  partId: string | null;
}

export type ScannedElement = ScannedItem | SkippedElement;

export interface ScanProgress {
  /** Null until the first bytes have told. */
  format: DocumentFormat | TranscriptFormat | null;
  bytes: number;
  items: number;
  skipped: number;
  /** Members of the document and of its messages that no item type exists for: what was left out, by name, once each. */
  ignoredMembers: readonly string[];
  /** Bytes of all of these, with their keys. */
  ignoredBytes: number;
}
