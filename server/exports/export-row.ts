import type { FieldBounds } from "./copy-rows.ts";

/**
 * Where a row belongs in an export: session, message, part, part without its message, anything else. `group` is a small
 * message with all of its parts, `orphans` are all small parts of a message that has not come.
 */
export type RowKind = "session" | "message" | "part" | "orphan" | "other" | "group" | "orphans";

/** A body that is a blob. */
export interface FarBody {
  /** Position of the item's last change. */
  seq: number;
  byteSize: number;
  /** Hex. */
  sha256: string;
  blobId: string;
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
  /** JSON object as received; null when there is none. Of a group: its parts with commas between them. */
  envelope: Buffer | null;
  /** Null for a body that is in its row. */
  far: FarBody | null;
  /** Of a group, and of orphans; 0 for others. */
  partCount: number;
}

const kindByMark: Partial<Record<number, RowKind>> = {
  0x73: "session", // s
  0x6d: "message", // m
  0x70: "part", // p
  0x6f: "orphan", // o
  0x78: "other", // x
  0x67: "group", // g
  0x71: "orphans", // q
};
const STALE = 0x2d;
const SLASH = 0x2f;
/** The mark of the kind, and whether it is fresh. */
const MARKS_BYTES = 2;

/**
 * A row as it was read. Its head is a mark of its kind; then, where it says more, `+` or `-` for fresh or not, where its
 * body is, and type and ids behind a slash each. It is taken apart when somebody asks for ids, which not all forms do.
 * Of a group there is the number of its parts behind the mark.
 */
export class ReadRow implements ExportRow {
  readonly kind: RowKind;
  readonly isFresh: boolean;
  body: Buffer | null;
  envelope: Buffer | null;
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;
  #ids: string[] | null = null;

  /** `bounds` are those of head, body and envelope. */
  constructor(bytes: Buffer, bounds: FieldBounds) {
    this.#bytes = bytes;
    this.#start = bounds[0]!;
    this.#end = bounds[1]!;
    this.kind = kindByMark[bytes[this.#start] ?? 0] ?? "other";
    this.isFresh = this.#end - this.#start < MARKS_BYTES || bytes[this.#start + 1] !== STALE;
    this.body = sliceField(bytes, bounds, 1);
    this.envelope = sliceField(bytes, bounds, 2);
  }

  get type(): string {
    return this.#idAt(1);
  }

  get messageId(): string {
    return this.#idAt(2);
  }

  get partId(): string {
    return this.#idAt(3);
  }

  get far(): FarBody | null {
    const from = this.#start + MARKS_BYTES;
    const end = from < this.#end ? this.#bytes.indexOf(SLASH, from) : from;
    if (end <= from) return null;
    const fields = this.#bytes.toString("latin1", from, end).split(" ");
    const [seq, byteSize, sha256 = "", blobId = ""] = fields;
    return { seq: Number(seq), byteSize: Number(byteSize), sha256, blobId };
  }

  get partCount(): number {
    if (this.kind !== "group" && this.kind !== "orphans") return 0;
    return Number(this.#bytes.toString("latin1", this.#start + 1, this.#end));
  }

  #idAt(n: number): string {
    this.#ids ??= this.#bytes.toString("utf8", this.#start, this.#end).split("/");
    return this.#ids[n] ?? "";
  }
}

function sliceField(bytes: Buffer, bounds: FieldBounds, n: number): Buffer | null {
  const end = bounds[2 * n + 1]!;
  return end === -1 ? null : bytes.subarray(bounds[2 * n], end);
}
