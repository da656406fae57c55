import type { BodyIds } from "./body-ids.ts";
import { cutEnvelope, type MemberRange } from "./cut-envelope.ts";
import type { ElementSink } from "./element-sink.ts";
import type { HeldBytes } from "./held-bytes.ts";
import { IdReader, type FoundId } from "./item-identity.ts";
import { KIND, NAME } from "./scan-core.ts";

export interface ReaderParts {
  sink: ElementSink;
  /** Holds what may become a body. */
  held: HeldBytes;
  /** Holds one string at a time: a key or an id. */
  token: HeldBytes;
  ids: BodyIds;
}

const NOWHERE: MemberRange = { start: 0, end: 0 };

/**
 * Reads `{"type", "data", …}`; the whole element is held. Of equal names the last one counts, as with `JSON.parse`,
 * and the others stay in the envelope.
 */
export class EnvelopeReader {
  isDeep = false;
  readonly #parts: ReaderParts;
  readonly #typeReader = new IdReader();
  #start = 0;
  #type: FoundId;
  #typeRange = NOWHERE;
  #dataRange = NOWHERE;
  #dataStart = 0;
  #hasData = false;
  #name: number = NAME.other;
  #keyStart = 0;
  #valueStart = 0;
  #isString = false;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  begin(start: number): void {
    this.#start = start;
    this.isDeep = false;
    this.#type = undefined;
    this.#hasData = false;
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
      this.#hasData = true;
      this.#dataStart = this.#valueStart;
      this.#dataRange = { start: this.#keyStart, end: position };
    } else if (this.#name === NAME.type) {
      const { token } = this.#parts;
      this.#type = this.#isString
        ? this.#typeReader.read(token.slice(this.#valueStart, position))
        : null;
      this.#typeRange = { start: this.#keyStart, end: position };
      token.release();
    }
  }

  /** The element ends at `end`; `fault` is what is wrong with it as a whole. */
  finish(end: number, fault: string | null): void {
    const { ids, held, sink } = this.#parts;
    const start = this.#start;
    const found = {
      start,
      end,
      type: this.#type,
      id: ids.id,
      messageId: ids.messageId,
      isDeep: this.isDeep,
      fault: this.#hasData ? null : "The element has no `data`",
    };
    if (fault !== null) sink.skip(found, fault);
    else
      sink.add(found, () => {
        const element = held.slice(start, end)!;
        const within = (range: MemberRange) => ({
          start: range.start - start,
          end: range.end - start,
        });
        return {
          body: element.subarray(this.#dataStart - start, this.#dataRange.end - start),
          envelope: cutEnvelope(element, [within(this.#typeRange), within(this.#dataRange)]),
        };
      });
    held.release();
  }
}
