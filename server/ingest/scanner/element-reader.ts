import { EnvelopeReader, type ReaderParts } from "./envelope-reader.ts";
import { readKey } from "./read-key.ts";
import { MessageReader } from "./message-reader.ts";
import { NAME } from "./scan-core.ts";

type ElementForm = "unknown" | "envelope" | "message" | "none";

const OTHER_NAMES_MAX = 32;

/**
 * Reads one element of a document: `{"type", "data"}` or `{"info", "parts"}`; the first of these four names decides.
 * What is no object is one, too: it ends as a skip.
 */
export class ElementReader {
  isActive = false;
  start = 0;
  readonly message: MessageReader;
  readonly #envelope: EnvelopeReader;
  readonly #parts: ReaderParts;
  #form: ElementForm = "none";
  #keyStart = 0;
  #name: number = NAME.other;
  /** Of members that a message has no place for. */
  #otherBytes = 0;
  #otherNames: string[] = [];

  constructor(parts: ReaderParts) {
    this.#parts = parts;
    this.#envelope = new EnvelopeReader(parts);
    this.message = new MessageReader(parts);
  }

  /** Only the values of a message are held; anything else may turn out to be an envelope. */
  begin(start: number, { isObject, isMessage }: { isObject: boolean; isMessage: boolean }): void {
    this.isActive = true;
    this.start = start;
    this.#otherBytes = 0;
    this.#form = isMessage ? "message" : isObject ? "unknown" : "none";
    if (this.#otherNames.length > 0) this.#otherNames = [];
    if (this.#form === "message") this.message.begin(start);
    else this.#envelope.begin(start);
    if (this.#form === "unknown") this.#parts.held.begin(start);
  }

  get isMessage(): boolean {
    return this.#form === "message";
  }

  /** True while its form may still be any. */
  get isUnknown(): boolean {
    return this.#form === "unknown";
  }

  key(position: number): void {
    this.#keyStart = position;
    if (this.#form === "envelope") return this.#envelope.key(position);
    if (this.#form === "unknown") this.#envelope.key(position);
    this.#parts.token.begin(position);
  }

  beginMember(position: number, name: number, kind: number): void {
    this.#name = name;
    if (this.#form === "unknown") this.#decide(name);
    if (this.#form !== "envelope") this.#noteName(position);
    if (this.#form === "message") this.message.beginMember(position, name, kind);
    else this.#envelope.beginMember(position, name, kind);
  }

  endMember(position: number): void {
    if (!this.#isOwn) this.#otherBytes += position - this.#keyStart;
    if (this.#form === "message") this.message.endMember(position);
    else this.#envelope.endMember(position);
  }

  /** An envelope may have an array of this name, too. */
  beginPart(position: number, kind: number): void {
    if (this.#form === "message") this.message.beginPart(position, kind);
  }

  endPart(position: number): void {
    if (this.#form === "message") this.message.endPart(position);
  }

  markDeep(): void {
    this.#envelope.isDeep = true;
    this.message.isDeep = true;
  }

  /** The element ends at `end`; `fault` is what is wrong with it as a whole, safe to show. */
  finish(end: number, fault: string | null = null): void {
    this.isActive = false;
    if (this.#form === "message") {
      if (this.message.finish(end, fault)) this.#parts.sink.ignoredBytes += this.#otherBytes;
      return;
    }
    const notObject = this.#form === "none" ? "The element is not an object" : null;
    this.#envelope.finish(end, fault ?? notObject);
  }

  /** It was no element; what it has is left out. */
  abandon(): void {
    this.isActive = false;
    for (const name of this.#otherNames) this.#parts.sink.ignore(name);
    this.#parts.sink.ignoredBytes += this.#otherBytes;
    this.#parts.held.release();
  }

  get #isOwn(): boolean {
    return this.#name === NAME.info || this.#name === NAME.parts;
  }

  #decide(name: number): void {
    if (name === NAME.type || name === NAME.data) {
      this.#form = "envelope";
      this.#otherNames = [];
    } else if (name === NAME.info || name === NAME.parts) {
      this.#form = "message";
      this.message.begin(this.start);
      for (const other of this.#otherNames) this.#parts.sink.ignore(other);
    }
  }

  /** An envelope keeps its other members; a message leaves them out, but says so. */
  #noteName(position: number): void {
    const { token, sink } = this.#parts;
    if (!this.#isOwn && this.#form === "message")
      sink.ignore(readKey(token, this.#keyStart, position));
    else if (this.#form === "unknown" && this.#otherNames.length < OTHER_NAMES_MAX)
      this.#otherNames.push(readKey(token, this.#keyStart, position));
    token.release();
  }
}
