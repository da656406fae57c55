import type { BodyIds } from "./body-ids.ts";
import { cutEnvelope } from "./cut-envelope.ts";
import {
  createFound,
  type BodySource,
  type ElementSink,
  type FoundElement,
} from "./element-sink.ts";
import type { HeldBytes } from "./held-bytes.ts";
import { IdReader } from "./item-identity.ts";
import { KIND, NAME } from "./scan-core.ts";

export interface ReaderParts {
  sink: ElementSink;
  /** Holds what may become a body. */
  held: HeldBytes;
  /** Holds one string at a time: a key or an id. */
  token: HeldBytes;
  ids: BodyIds;
}

/** The braces and the comma of an element that has `type` and `data` and nothing else. */
const BARE_BYTES = 3;

/**
 * Reads `{"type", "data", …}`; the whole element is held. Of equal names the last one counts, as with `JSON.parse`,
 * and the others stay in the envelope.
 */
export class EnvelopeReader implements BodySource {
  isDeep = false;
  readonly #parts: ReaderParts;
  readonly #typeReader = new IdReader();
  readonly #found = createFound();
  #typeStart = 0;
  #typeEnd = 0;
  #dataKeyStart = 0;
  #dataStart = 0;
  #dataEnd = 0;
  #name: number = NAME.other;
  #keyStart = 0;
  #valueStart = 0;
  #isString = false;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  begin(start: number): void {
    const found = this.#found;
    found.start = start;
    found.type = undefined;
    found.fault = "The element has no `data`";
    this.isDeep = false;
    this.#parts.ids.reset();
  }

  key(position: number): void {
    this.#keyStart = position;
  }

  beginMember(position: number, name: number, kind: number): void {
    this.#name = name;
    this.#valueStart = position;
    this.#isString = kind === KIND.string;
    if (name === NAME.data) this.#parts.ids.reset();
    if (name === NAME.type && this.#isString) this.#parts.token.begin(position);
  }

  endMember(position: number): void {
    if (this.#name === NAME.data) {
      this.#found.fault = null;
      this.#dataKeyStart = this.#keyStart;
      this.#dataStart = this.#valueStart;
      this.#dataEnd = position;
    } else if (this.#name === NAME.type) this.#endType(position);
  }

  /** The element ends at `end`; `fault` is what is wrong with it as a whole. */
  finish(end: number, fault: string | null): void {
    const { ids, held, sink } = this.#parts;
    const found = this.#found;
    found.end = end;
    found.id = ids.id;
    found.messageId = ids.messageId;
    found.isDeep = this.isDeep;
    if (fault === null) sink.add(found, this);
    else sink.skip(found, fault);
    held.release();
  }

  readBody(): Uint8Array {
    return this.#parts.held.slice(this.#dataStart, this.#dataEnd);
  }

  readEnvelope({ start, end }: FoundElement): string | undefined | null {
    const typeBytes = this.#typeEnd - this.#typeStart;
    const dataBytes = this.#dataEnd - this.#dataKeyStart;
    if (end - start - typeBytes - dataBytes === BARE_BYTES) return undefined;
    return cutEnvelope(this.#parts.held.slice(start, end), [
      { start: this.#typeStart - start, end: this.#typeEnd - start },
      { start: this.#dataKeyStart - start, end: this.#dataEnd - start },
    ]);
  }

  #endType(position: number): void {
    const { token } = this.#parts;
    this.#found.type = this.#isString
      ? this.#typeReader.read(token, this.#valueStart, position)
      : null;
    this.#typeStart = this.#keyStart;
    this.#typeEnd = position;
    token.release();
  }
}
