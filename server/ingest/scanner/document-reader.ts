import { BodyIds } from "./body-ids.ts";
import { createDocumentError, type DocumentFault } from "./document-fault.ts";
import { ElementReader } from "./element-reader.ts";
import { ElementSink } from "./element-sink.ts";
import { HeldBytes } from "./held-bytes.ts";
import { ID_TOKEN_MAX_BYTES } from "./item-identity.ts";
import type { ScannedElement, ScanProgress } from "./scanned-element.ts";
import {
  EVENT,
  eventOf,
  KIND,
  kindOf,
  nameOf,
  ROLE,
  roleOf,
  STATUS,
  type ScanCore,
} from "./scan-core.ts";
import { TopReader } from "./top-reader.ts";
import { Utf8Check } from "./utf8-check.ts";

const NEWLINE = 0x0a;
const NUL = 0x00;
/** First byte of a byte order mark in UTF-8. */
const MARK = 0xef;
/** First byte of gzip's two, which begins no text. */
const GZIP_MARK = 0x1f;
const ZSTD_START = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const LINE_END = new Uint8Array([NEWLINE]);

/**
 * Turns the events of a core into elements, chunk by chunk. Holds one element, and only the part of it that is not in
 * the current chunk. Throws `invalid_input` when the document is at fault; what was complete before is in `takeBatches`.
 */
export class DocumentReader {
  readonly #core: ScanCore;
  readonly #utf8 = new Utf8Check();
  readonly #held: HeldBytes;
  readonly #token = new HeldBytes(ID_TOKEN_MAX_BYTES);
  readonly #sink: ElementSink;
  readonly #ids = new BodyIds(this.#token);
  readonly #element: ElementReader;
  readonly #top: TopReader;
  /** Position in the stream of the current chunk. */
  #chunkStart = 0;
  /** Behind the element of the current line. */
  #elementEnd = 0;
  /** Where the current line stopped being JSON; the rest of it is passed over. */
  #brokenAt: number | null = null;

  constructor(core: ScanCore, itemMaxBytes: number) {
    this.#core = core;
    this.#held = new HeldBytes(itemMaxBytes);
    this.#sink = new ElementSink(itemMaxBytes);
    const parts = { sink: this.#sink, held: this.#held, token: this.#token, ids: this.#ids };
    this.#element = new ElementReader(parts);
    this.#top = new TopReader(core, this.#element, parts);
  }

  get progress(): ScanProgress {
    return {
      format: this.#top.format,
      bytes: this.#chunkStart,
      items: this.#sink.itemCount,
      skipped: this.#sink.skippedCount,
      ignoredMembers: this.#sink.ignoredMembers,
      ignoredBytes: this.#sink.ignoredBytes,
    };
  }

  /** What is complete, in batches of up to 1 MiB of bodies; to be used before `keep`. */
  takeBatches(): ScannedElement[][] {
    return this.#sink.takeBatches();
  }

  read(chunk: Uint8Array): void {
    const validLength = this.#utf8.countValid(chunk);
    this.#attach(chunk);
    this.#scan(chunk, validLength);
    if (validLength < chunk.length) throw this.#fault("encoding", this.#chunkStart + validLength);
  }

  /** Ends the chunk: it may be overwritten, and so may the bodies of the batches that were taken. */
  keep(chunk: Uint8Array): void {
    this.#held.keep();
    this.#token.keep();
    this.#chunkStart += chunk.length;
  }

  /** The stream has ended. */
  finish(): void {
    const end = this.#chunkStart;
    if (this.#brokenAt !== null) return this.#finishBrokenLine(end);
    if (this.#core.isBlank && this.#top.format === null) throw this.#fault("empty", end);
    // A last number is known to be complete only when something else follows.
    this.#attach(LINE_END);
    this.#core.scan(0, 1);
    this.#applyEvents();
    if (this.#core.status !== STATUS.more || !this.#core.isComplete)
      throw this.#fault("truncated", end);
    this.#top.finish();
  }

  #attach(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#core.attach(bytes);
    this.#held.attach(bytes, this.#chunkStart);
    this.#token.attach(bytes, this.#chunkStart);
  }

  #scan(chunk: Uint8Array, to: number): void {
    let position = 0;
    while (position < to) {
      if (this.#brokenAt !== null) {
        position = this.#passBrokenLine(chunk, position, to);
        continue;
      }
      position = this.#core.scan(position, to);
      this.#applyEvents();
      const { status } = this.#core;
      if (status === STATUS.key) this.#top.endKey(this.#chunkStart + position);
      else if (status >= STATUS.syntax) this.#meetFault(chunk, position);
    }
  }

  #meetFault(chunk: Uint8Array, position: number): void {
    const offset = this.#chunkStart + position;
    const { status } = this.#core;
    if (status === STATUS.tooDeep) throw this.#fault("too_deep", offset);
    if (this.#core.readsLines) return this.#breakLine(offset);
    if (status === STATUS.trailing) {
      if (!this.#top.startLines()) throw this.#fault("trailing", offset);
      this.#core.restartLine();
      return;
    }
    if (offset === 0 && chunk[position] === MARK) throw this.#fault("byte_order_mark", offset);
    const packing = offset === 0 ? findPacking(chunk) : null;
    if (packing) throw this.#fault(packing, offset);
    // Text in UTF-16 or UTF-32 begins with zeros between its characters.
    const isWide = offset < 4 && chunk[position] === NUL;
    throw this.#fault(isWide ? "encoding" : "not_json", offset);
  }

  #breakLine(offset: number): void {
    if (!this.#element.isActive) this.#element.begin(offset, { isObject: false, isMessage: false });
    this.#held.release();
    this.#brokenAt = offset;
  }

  #passBrokenLine(chunk: Uint8Array, from: number, to: number): number {
    const newline = chunk.indexOf(NEWLINE, from);
    if (newline === -1 || newline >= to) return to;
    this.#finishBrokenLine(this.#chunkStart + newline);
    this.#core.restartLine();
    return newline + 1;
  }

  #finishBrokenLine(end: number): void {
    this.#element.finish(end, `The line is not JSON (byte ${this.#brokenAt})`);
    this.#brokenAt = null;
  }

  #applyEvents(): void {
    const { events, eventCount } = this.#core;
    for (let index = 0; index < 2 * eventCount; index += 2)
      this.#apply(events[index]!, this.#chunkStart + events[index + 1]!);
  }

  #apply(word: number, position: number): void {
    const event = eventOf(word);
    if (event === EVENT.deep) return this.#markDeep();
    if (event === EVENT.lineEnd) return this.#element.finish(this.#elementEnd);
    const isBegin = event === EVENT.begin;
    const element = this.#element;
    switch (roleOf(word)) {
      case ROLE.body:
        if (isBegin) this.#ids.begin(position, nameOf(word), kindOf(word));
        else this.#ids.end(position);
        break;
      case ROLE.element:
        if (event === EVENT.key) element.key(position);
        else if (isBegin) element.beginMember(position, nameOf(word), kindOf(word));
        else element.endMember(position);
        break;
      case ROLE.elements:
        if (isBegin) this.#beginElement(position, kindOf(word));
        else element.finish(position);
        break;
      case ROLE.parts:
        if (isBegin) element.beginPart(position, kindOf(word));
        else element.endPart(position);
        break;
      case ROLE.top:
        if (event === EVENT.key) this.#top.key(position);
        else if (isBegin) this.#top.beginMember(position, nameOf(word), kindOf(word));
        else this.#top.endMember(position);
        break;
      default:
        if (isBegin) this.#beginDocument(position, kindOf(word));
        else this.#endDocument(position);
    }
  }

  #beginElement(position: number, kind: number): void {
    const isObject = kind === KIND.object;
    const isMessage = isObject && this.#top.format === "snapshot";
    this.#element.begin(position, { isObject, isMessage });
  }

  #beginDocument(position: number, kind: number): void {
    if (this.#top.format === "ndjson") this.#beginElement(position, kind);
    else if (kind === KIND.object) this.#top.begin(position);
    else if (kind === KIND.array) this.#top.format = "array";
    else throw this.#fault("not_container", position);
  }

  #endDocument(position: number): void {
    this.#elementEnd = position;
    if (this.#top.format !== "ndjson") this.#top.end(position);
    else if (!this.#core.readsLines) this.#element.finish(position);
  }

  #markDeep(): void {
    if (this.#element.isActive) this.#element.markDeep();
    else this.#top.markDeep();
  }

  #fault(fault: DocumentFault, offset: number) {
    return createDocumentError(fault, { offset, index: this.#sink.count });
  }
}

/** How the document is packed that begins with `chunk`, where that tells. */
function findPacking(chunk: Uint8Array): DocumentFault | null {
  if (chunk[0] === GZIP_MARK) return "packed_gzip";
  return ZSTD_START.equals(chunk.subarray(0, ZSTD_START.length)) ? "packed_zstd" : null;
}
