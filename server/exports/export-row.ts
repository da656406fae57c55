/** Where a row belongs in an export: session, message, part, part without its message, anything else. */
export type RowKind = "session" | "message" | "part" | "orphan" | "other";

/** A body that is read for itself: a blob, or one too large to be read with others. */
export interface FarBody {
  /** Position of the item's last change. */
  seq: number;
  byteSize: number;
  /** Hex. */
  sha256: string;
  blobId: string | null;
}

/** One item on its way out. Bytes are valid as long as somebody holds them. */
export interface ExportRow {
  kind: RowKind;
  type: string;
  messageId: string;
  partId: string;
  /** False for a message that is here only for the sake of its parts. */
  isFresh: boolean;
  /** UTF-8, as received; null for a blob. */
  body: Buffer | null;
  /** JSON object as received; null when there is none. */
  envelope: Buffer | null;
  /** Null for a body that came with its row. */
  far: FarBody | null;
}
