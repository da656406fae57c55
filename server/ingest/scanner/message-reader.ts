import type { ReaderParts } from "./envelope-reader.ts";
import type { FoundId } from "./item-identity.ts";
import { KIND, NAME } from "./scan-core.ts";

/** A value that may become an item. */
export interface FoundValue {
  start: number;
  end: number;
  isObject: boolean;
  isDeep: boolean;
}

/**
 * Reads `{"info", "parts"}`: `info` is the item of the message, each part one of its own. They go out as they end, so
 * that a message of any length takes no more memory than its largest part. A part without `messageID` belongs to the
 * message around it, when `info` has been read before.
 */
export class MessageReader {
  /** The top object of a document may be a snapshot: its `info` waits until that is known. */
  keepsInfo = false;
  isDeep = false;
  readonly #parts: ReaderParts;
  #start = 0;
  #name: number = NAME.other;
  #hasPartsArray = false;
  #valueStart = 0;
  #kind = 0;
  #hasInfo = false;
  #waiting: FoundValue | null = null;
  #infoId: FoundId;
  #ownId: string | undefined;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  begin(start: number): void {
    this.#start = start;
    this.keepsInfo = false;
    this.#hasInfo = false;
    this.#waiting = null;
    this.#ownId = undefined;
    this.#parts.held.release();
  }

  beginMember(position: number, name: number, kind: number): void {
    this.#name = name;
    if (name === NAME.info && this.#waiting !== null) {
      this.#waiting = null;
      this.#parts.sink.ignore("info");
    }
    if (name === NAME.info) this.#parts.held.begin(position);
    this.#hasPartsArray = kind === KIND.array;
    this.#beginValue(position, kind);
  }

  endMember(position: number): void {
    if (this.#name === NAME.info) {
      this.#hasInfo = true;
      this.#waiting = this.#endValue(position);
      this.#infoId = this.#parts.ids.id;
      if (this.keepsInfo) this.#parts.held.endAt(position);
      else this.releaseInfo();
    } else if (this.#name === NAME.parts && !this.#hasPartsArray) {
      const { ids, sink } = this.#parts;
      const found = { ...this.#endValue(position), fault: null };
      ids.reset();
      sink.skip(
        { ...found, type: "part", id: undefined, messageId: this.#ownId },
        "`parts` is not an array",
      );
    }
  }

  beginPart(position: number, kind: number): void {
    this.#parts.held.begin(position);
    this.#beginValue(position, kind);
  }

  endPart(position: number): void {
    const { ids } = this.#parts;
    const messageId = ids.messageId === undefined ? this.#ownId : ids.messageId;
    this.#add(this.#endValue(position), { type: "part", id: ids.id, messageId });
  }

  /** `info` is that of a message. */
  releaseInfo(): void {
    const info = this.takeInfo();
    if (info === null) return;
    const id = this.#infoId;
    this.#ownId = id ?? undefined;
    this.#add(info, { type: "message", id, messageId: undefined });
  }

  /** Takes the `info` that waits; it is still held. */
  takeInfo(): FoundValue | null {
    const info = this.#waiting;
    this.#waiting = null;
    return info;
  }

  finish(end: number, fault: string | null): void {
    if (fault === null) this.releaseInfo();
    const reason = fault ?? (this.#hasInfo ? null : "The message has no `info`");
    if (reason !== null) {
      const element = { start: this.#start, end, isDeep: false, fault: null };
      const ids = { type: "message", id: this.#ownId, messageId: undefined };
      this.#parts.sink.skip({ ...element, ...ids }, reason);
    }
    this.#parts.held.release();
  }

  #beginValue(position: number, kind: number): void {
    this.#valueStart = position;
    this.#kind = kind;
    this.isDeep = false;
    this.#parts.ids.reset();
  }

  #endValue(end: number): FoundValue {
    const isObject = this.#kind === KIND.object;
    return { start: this.#valueStart, end, isObject, isDeep: this.isDeep };
  }

  #add(
    { start, end, isObject, isDeep }: FoundValue,
    ids: { type: string; id: FoundId; messageId: FoundId },
  ): void {
    const { sink, held } = this.#parts;
    const fault = isObject ? null : `The ${ids.type} is not an object`;
    sink.add({ start, end, isDeep, fault, ...ids }, () => ({ body: held.slice(start, end)! }));
    held.release();
  }
}
