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

const kindByMark: Partial<Record<number, RowKind>> = {
  0x73: "session", // s
  0x6d: "message", // m
  0x70: "part", // p
  0x6f: "orphan", // o
  0x78: "other", // x
};
const STALE = 0x2d;
const SLASH = 0x2f;
/** The mark of the kind, and whether it is fresh. */
const MARKS_BYTES = 2;

/**
 * A row as it was read. Its head is a mark of its kind; then, where it says more, `+` or `-` for fresh or not, where its
 * body is, and type and ids behind a slash each. It is taken apart when somebody asks for ids, which not all forms do.
 */
export class ReadRow implements ExportRow {
  readonly kind: RowKind;
  readonly isFresh: boolean;
  body: Buffer | null;
  envelope: Buffer | null;
  far: FarBody | null = null;
  readonly #head: Buffer;
  #ids: string[] | null = null;

  constructor(head: Buffer, body: Buffer | null, envelope: Buffer | null) {
    this.kind = kindByMark[head[0] ?? 0] ?? "other";
    this.isFresh = head[1] !== STALE;
    this.body = body;
    this.envelope = envelope;
    this.#head = head;
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

  /** What the head says of a body that did not come along; null when it came. */
  farFields(): string[] | null {
    const end = this.#head.length > MARKS_BYTES ? this.#head.indexOf(SLASH) : -1;
    return end > MARKS_BYTES ? this.#head.toString("latin1", MARKS_BYTES, end).split(" ") : null;
  }

  #idAt(n: number): string {
    this.#ids ??= this.#head.toString("utf8").split("/");
    return this.#ids[n] ?? "";
  }
}
