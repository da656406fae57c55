/** An item on its way into a session, whatever brought it. */
export interface ItemInput {
  /** `message`, `part`, `session`, `session_diff`, … or a type that we do not know. */
  type: string;
  /** Empty where the type has none; parts carry the id of their message. */
  messageId: string;
  partId: string;
  /**
   * JSON text, stored byte for byte; bytes are UTF-8, and need to stay only until the next item is asked for. Ignored
   * when `deleted`.
   * Its syntax is the source's business: the writer looks at encoding and size only.
   */
  body: string | Uint8Array;
  /** Other members of the envelope that the item came in, a JSON object as received. */
  envelope?: string;
  /** The item is gone: its row stays without a body, so that watchers learn of it. */
  deleted?: boolean;
}

/** An item that its source could not bring: it takes its place among the others and becomes a row of skips. */
export interface RefusedInput {
  /** Why; safe to show. */
  refused: string;
  byteSize: number;
  /** As far as its head was readable. */
  type: string | null;
  messageId: string | null;
  partId: string | null;
}

/** Items in order, and those that are missing among them. */
export type ItemSource =
  | Iterable<ItemInput | RefusedInput>
  | AsyncIterable<ItemInput | RefusedInput>;
