import { EXPORT_MEMBER } from "#lib/export.ts";
import { createDocumentError, type DocumentFault } from "./document-fault.ts";
import { createFound, type BodySource, type FoundElement } from "./element-sink.ts";
import type { ElementReader } from "./element-reader.ts";
import type { ReaderParts } from "./envelope-reader.ts";
import { readKey } from "./read-key.ts";
import type { DocumentFormat } from "./scanned-element.ts";
import { KIND, NAME, ROLE, type NextValue, type ScanCore } from "./scan-core.ts";

/** Members of a snapshot that are items of the session, and their types; Kilo's export writes `sessionDiff`. */
const sessionItems: ReadonlyMap<string, string> = new Map([
  ["info", "session"],
  ["sessionDiff", "session_diff"],
  ["session_diff", "session_diff"],
  ["session_status", "session_status"],
  ["session_pr_link", "session_pr_link"],
  ["kilo_meta", "kilo_meta"],
  ["model", "model"],
]);

const NO_SESSION = "The session is not an object";

const { opaque, elements, body, parts } = ROLE;
const nothing: NextValue = { name: NAME.other, objectRole: opaque, arrayRole: opaque };

/**
 * Reads the object that a document begins with, and finds out what the document is:
 *
 * - `{"data":[…]}` when `data` is an array and neither `type` nor `info` came before it;
 * - a snapshot when it has `messages` (or a diff of the session) before `type`, `data` and `parts`;
 * - NDJSON when it is an element: it has `type`, or `parts`, or it is followed by a line break and something else.
 *   An element alone in its document may have line breaks in it.
 *
 * Until that is known, the object is read as an element. Members that nothing can be made of are reported by name.
 */
export class TopReader implements BodySource {
  format: DocumentFormat | null = null;
  readonly #core: ScanCore;
  readonly #element: ElementReader;
  readonly #parts: ReaderParts;
  #keyStart = 0;
  #name = "";
  #valueStart = 0;
  #kind = 0;
  #isDeep = false;
  #isIgnored = false;
  #hasMessages = false;
  /** Behind the object, when it has ended and is still not known. */
  #end: number | null = null;

  constructor(core: ScanCore, element: ElementReader, readerParts: ReaderParts) {
    this.#core = core;
    this.#element = element;
    this.#parts = readerParts;
  }

  begin(position: number): void {
    this.#element.begin(position, { isObject: true, isMessage: false });
  }

  key(position: number): void {
    this.#keyStart = position;
    if (this.format === null) this.#element.key(position);
    this.#parts.token.begin(position);
  }

  /** The key that began last ends at `position`: tells the core what its value is. */
  endKey(position: number): void {
    this.#name = readKey(this.#parts.token, this.#keyStart, position);
    this.#isDeep = false;
    this.#isIgnored = false;
    this.#core.resume(this.format === null ? this.#decide() : this.#expect());
  }

  beginMember(position: number, name: number, kind: number): void {
    this.#valueStart = position;
    this.#kind = kind;
    if (this.#name === "messages" && this.format === "snapshot") {
      if (kind !== KIND.array) throw this.#fault("messages_not_array", position);
    } else if (this.format === null) this.#beginUndecided(position, name);
    else if (this.#isSessionItem) this.#parts.held.begin(position);
  }

  endMember(position: number): void {
    if (this.format === null) return this.#element.endMember(position);
    if (this.#isIgnored) this.#parts.sink.ignoredBytes += position - this.#keyStart;
    if (!this.#isSessionItem) return;
    const found = { ...createFound(), start: this.#valueStart, end: position };
    const isObject = this.#kind === KIND.object;
    const fault = this.#name === "info" && !isObject ? NO_SESSION : null;
    this.#addSessionItem(this.#name, { ...found, isDeep: this.#isDeep, fault });
  }

  markDeep(): void {
    this.#isDeep = true;
  }

  end(position: number): void {
    if (this.format === null) this.#end = position;
    if (this.format === "snapshot" && !this.#hasMessages) throw this.#fault("no_data", position);
  }

  /** Something follows the object: true when it is the next line of NDJSON. */
  startLines(): boolean {
    if (this.#end === null || this.#core.hasBreak || !this.#core.endsLine) return false;
    this.#finishElement(this.#end);
    return true;
  }

  /** Nothing follows. */
  finish(): void {
    if (this.#end === null) return;
    if (this.#element.isMessage) return this.#finishElement(this.#end);
    throw this.#fault(this.#element.isUnknown ? "no_data" : "data_not_array", this.#end);
  }

  readBody({ start, end }: FoundElement): Uint8Array {
    return this.#parts.held.slice(start, end);
  }

  readEnvelope(): undefined {}

  #finishElement(end: number): void {
    this.format = "ndjson";
    this.#end = null;
    this.#element.finish(end);
  }

  #decide(): NextValue {
    const { isMessage, isUnknown } = this.#element;
    switch (this.#name) {
      case "type":
        return isMessage ? nothing : this.#becomeElement({ ...nothing, name: NAME.type });
      case "parts":
        return isMessage || isUnknown
          ? this.#becomeElement({ name: NAME.parts, objectRole: opaque, arrayRole: parts })
          : nothing;
      case "data":
        if (isMessage) return nothing;
        if (!isUnknown) throw this.#fault("data_twice", this.#keyStart);
        return { name: NAME.data, objectRole: body, arrayRole: elements };
      case "info":
        return { name: NAME.info, objectRole: body, arrayRole: opaque };
      case "messages":
        this.#becomeSnapshot();
        return this.#expect();
      default:
        if (!sessionItems.has(this.#name) || !(isMessage || isUnknown)) return nothing;
        this.#becomeSnapshot();
        return nothing;
    }
  }

  /** The format is known. */
  #expect(): NextValue {
    const { sink } = this.#parts;
    if (this.format === "data" && this.#name === "data")
      throw this.#fault("data_twice", this.#keyStart);
    if (this.format === "snapshot" && this.#name === "messages") {
      if (this.#hasMessages) throw this.#fault("messages_twice", this.#keyStart);
      this.#hasMessages = true;
      return { ...nothing, arrayRole: elements };
    }
    this.#isIgnored = !this.#isSessionItem && this.#name !== EXPORT_MEMBER;
    if (this.#isIgnored) sink.ignore(this.#name);
    return nothing;
  }

  #beginUndecided(position: number, name: number): void {
    if (name === NAME.data && this.#kind === KIND.array && this.#element.isUnknown) {
      this.format = "data";
      this.#element.abandon();
      return;
    }
    this.#element.beginMember(position, name, this.#kind);
    this.#element.message.keepsInfo = true;
  }

  #becomeElement(next: NextValue): NextValue {
    this.format = "ndjson";
    this.#core.becomeElement(!this.#core.hasBreak);
    this.#element.message.keepsInfo = false;
    if (this.#element.isMessage) this.#element.message.releaseInfo();
    return next;
  }

  #becomeSnapshot(): void {
    this.format = "snapshot";
    const { isMessage, isUnknown } = this.#element;
    const info = isMessage ? this.#element.message.takeInfo() : null;
    if (info !== null)
      this.#addSessionItem("info", { ...info, fault: info.fault === null ? null : NO_SESSION });
    if (!isMessage && !isUnknown) this.#parts.sink.ignore("data");
    this.#element.abandon();
  }

  get #isSessionItem(): boolean {
    return this.format === "snapshot" && sessionItems.has(this.#name);
  }

  #addSessionItem(name: string, found: FoundElement): void {
    const { sink, held } = this.#parts;
    sink.add({ ...found, type: sessionItems.get(name), id: undefined, messageId: undefined }, this);
    held.release();
  }

  #fault(fault: DocumentFault, offset: number) {
    return createDocumentError(fault, { offset, index: this.#parts.sink.count });
  }
}
