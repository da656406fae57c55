import { createFound, type BodySource, type FoundElement } from "./element-sink.ts";
import type { ReaderParts } from "./envelope-reader.ts";
import { KIND, NAME } from "./scan-core.ts";

/**
 * Reads `{"info", "parts"}`: `info` is the item of the message, each part one of its own. They go out as they end, so
 * that a message of any length takes no more memory than its largest part. A part without `messageID` belongs to the
 * message around it, when `info` has been read before.
 */
export class MessageReader implements BodySource {
  /** The top object of a document may be a snapshot: its `info` waits until that is known. */
  keepsInfo = false;
  isDeep = false;
  readonly #parts: ReaderParts;
  readonly #found = createFound();
  #start = 0;
  #name: number = NAME.other;
  #isArray = false;
  #valueStart = 0;
  #isObject = false;
  #hasInfo = false;
  #waiting: FoundElement | null = null;
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
    this.#isArray = kind === KIND.array;
    if (name === NAME.info) {
      this.#dropInfo();
      this.#parts.held.begin(position);
    }
    this.#beginValue(position, kind);
  }

  endMember(position: number): void {
    if (this.#name === NAME.info) {
      this.#hasInfo = true;
      this.#waiting = { ...this.#endValue("message", position) };
      if (this.keepsInfo) this.#parts.held.endAt(position);
      else this.releaseInfo();
    } else if (this.#name === NAME.parts && !this.#isArray) {
      const found = this.#endValue("part", position);
      found.messageId = this.#ownId;
      this.#parts.sink.skip(found, "`parts` is not an array");
    }
  }

  beginPart(position: number, kind: number): void {
    this.#parts.held.begin(position);
    this.#beginValue(position, kind);
  }

  endPart(position: number): void {
    const found = this.#endValue("part", position);
    if (found.messageId === undefined) found.messageId = this.#ownId;
    this.#add(found);
  }

  /** `info` is that of a message. */
  releaseInfo(): void {
    const info = this.takeInfo();
    if (info === null) return;
    this.#ownId = info.id ?? undefined;
    this.#add(info);
  }

  /** Takes the `info` that waits; it is still held. */
  takeInfo(): FoundElement | null {
    const info = this.#waiting;
    this.#waiting = null;
    return info;
  }

  /** False when all of the message is a skip. */
  finish(end: number, fault: string | null): boolean {
    if (fault === null) this.releaseInfo();
    const reason = fault ?? (this.#hasInfo ? null : "The message has no `info`");
    if (reason !== null) {
      const message = { ...createFound(), type: "message", id: this.#ownId };
      this.#parts.sink.skip({ ...message, start: this.#start, end }, reason);
    }
    this.#parts.held.release();
    return reason === null;
  }

  readBody({ start, end }: FoundElement): Uint8Array {
    return this.#parts.held.slice(start, end);
  }

  readEnvelope(): undefined {}

  /** Another `info` follows the one that waits. */
  #dropInfo(): void {
    const info = this.takeInfo();
    if (info === null) return;
    this.#parts.sink.ignore("info");
    this.#parts.sink.ignoredBytes += info.end - info.start;
  }

  #beginValue(position: number, kind: number): void {
    this.#valueStart = position;
    this.#isObject = kind === KIND.object;
    this.isDeep = false;
    this.#parts.ids.reset();
  }

  #endValue(type: string, end: number): FoundElement {
    const { ids } = this.#parts;
    const found = this.#found;
    found.start = this.#valueStart;
    found.end = end;
    found.type = type;
    found.id = ids.id;
    found.messageId = ids.messageId;
    found.isDeep = this.isDeep;
    found.fault = this.#isObject ? null : `The ${type} is not an object`;
    return found;
  }

  #add(found: FoundElement): void {
    this.#parts.sink.add(found, this);
    this.#parts.held.release();
  }
}
