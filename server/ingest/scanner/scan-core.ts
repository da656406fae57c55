/*
 * What the two cores, `wasm/scan-core.as` and `reference-core.ts`, agree on. Numbers, not strings, because they cross
 * the border of the WASM module: whoever changes one here changes it there too.
 */

/** What a container is to the reader of items; decides which of its tokens are reported. */
export const ROLE = {
  /** Its content is only checked. */
  opaque: 0,
  /** The object that is the whole document: stops at every key. */
  top: 1,
  /** The array of items. */
  elements: 2,
  /** An item with its envelope, or a message with its parts. */
  element: 3,
  /** What carries an identity: only the values of `id` and `messageID` are reported. */
  body: 4,
  parts: 5,
  /** Outside of everything. */
  root: 6,
} as const;

/** Names of members that mean something; the rest is `other`. */
export const NAME = {
  other: 0,
  type: 1,
  data: 2,
  info: 3,
  parts: 4,
  id: 5,
  messageId: 6,
} as const;

export const KIND = { object: 1, array: 2, string: 3, scalar: 4 } as const;

export const EVENT = {
  /** The opening quote of a key, in `top` and `element`. */
  key: 1,
  /** The first byte of a value. */
  begin: 2,
  /** One past the last byte of a value. */
  end: 3,
  /** A value, begun last, is nested deeper than an item may be. */
  deep: 4,
  /** The newline that ends a line with a value, while lines are read. */
  lineEnd: 5,
} as const;

/** Why a scan stopped. */
export const STATUS = {
  /** All bytes are read. */
  more: 0,
  /** Behind a key of the top object: `resume` tells what its value is. */
  key: 1,
  /** No room for more events: use them and scan on. */
  full: 2,
  /** The byte at the position cannot stand there (RFC 8259). */
  syntax: 3,
  /** The container that opens at the position is too deep. */
  tooDeep: 4,
  /** The document is complete, and at the position follows something else. */
  trailing: 5,
} as const;

/** An event is two integers: this word, and a position in the chunk. */
export const eventOf = (word: number) => word & 15;
/** The role of the container that the event happened in. */
export const roleOf = (word: number) => (word >> 4) & 15;
export const nameOf = (word: number) => (word >> 8) & 15;
export const kindOf = (word: number) => word >> 12;

export const EVENTS_MAX = 4_096;
/** Containers that give a document its form, around the values whose depth counts. */
export const FORM_DEPTH = 8;

export interface NextValue {
  name: number;
  /** Roles that the value gets when it is one of these. */
  objectRole: number;
  arrayRole: number;
}

/**
 * One pass over the bytes of a document: checks all of RFC 8259 but the encoding, and reports the few tokens that
 * items are made of. Holds no bytes; a token may begin in one chunk and end in another.
 */
export interface ScanCore {
  /** Pairs of word and position, `eventCount` of them, of the last scan. */
  readonly events: Int32Array;
  readonly eventCount: number;
  readonly status: number;
  /** The bytes that are scanned from now on. */
  attach(chunk: Uint8Array): void;
  /** Reads the chunk from `from` to `to` and answers with the position where it stopped. */
  scan(from: number, to: number): number;
  /** Goes on behind a key of the top object. */
  resume(next: NextValue): void;
  /** The top object is an element of its own; `hasLines` when others may follow, each on one line. */
  becomeElement(hasLines: boolean): void;
  /** Forgets the value being read: the next byte begins a line. */
  restartLine(): void;
  /** Values follow each other, one on a line. */
  readonly readsLines: boolean;
  /** The top object has a line break in it. */
  readonly hasBreak: boolean;
  /** A line break follows the top object. */
  readonly endsLine: boolean;
  /** Nothing is open, and what must be there was there. */
  readonly isComplete: boolean;
  /** Nothing but white space so far. */
  readonly isBlank: boolean;
  /** The document is done with. */
  release(): void;
}
