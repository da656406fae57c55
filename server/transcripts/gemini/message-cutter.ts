import { UPLOAD_DEPTH_MAX } from "#lib/limits.ts";
import { createDocumentError, type DocumentFault } from "#server/ingest/scanner/document-fault.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const SPACE_MAX = 0x20;
const MESSAGES = '"messages"';
const isClosing = (byte: number) => byte === CLOSE_BRACE || byte === CLOSE_BRACKET;
const isOpening = (byte: number) => byte === OPEN_BRACE || byte === OPEN_BRACKET;
const isSeparator = (byte: number) => byte <= SPACE_MAX || byte === COMMA;
/** Of a number or a word. */
const endsBare = (byte: number) =>
  isSeparator(byte) || isOpening(byte) || isClosing(byte) || byte === QUOTE;
/** Of what stands around the messages. */
const FRAME_MAX_BYTES = 1024 * 1024;

interface CutMessage {
  offset: number;
  byteLength: number;
  bytes: Buffer | null;
}

/**
 * Cuts the elements, of whatever kind, out of the member `messages` of a document, wherever it is cut. What is left, with
 * an empty list in their place, is the frame. Looks for strings and brackets only: what stands between them is judged by
 * whoever reads the pieces. Holds one message of `messageMaxBytes`.
 */
export class MessageCutter {
  index = 0;
  readonly #messageMaxBytes: number;
  #chunkStart = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  /** The last string at the top of the document, with its quotes, as far as it may be `messages`. */
  #name = "";
  #isInMessages = false;
  #hasEnded = false;
  #frame: Buffer[] = [];
  #frameBytes = 0;
  #message: { offset: number; byteLength: number; pieces: Buffer[] | null } | null = null;
  #found: CutMessage[] = [];

  constructor(messageMaxBytes: number) {
    this.#messageMaxBytes = messageMaxBytes;
  }

  /** Of the next byte. */
  get offset(): number {
    return this.#chunkStart;
  }

  take(): CutMessage[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }

  read(chunk: Buffer): void {
    /** Where the piece begins that belongs to the element, or to the frame. */
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (this.#isInBare && endsBare(byte)) {
        this.#endMessage(chunk.subarray(from, at));
        from = at;
      }
      if (this.#isBetween) {
        if (isSeparator(byte)) {
          from = at + 1;
          continue;
        }
        if (!isClosing(byte)) this.#beginMessage(at);
      }
      this.#readByte(byte, at);
      if (this.#isBetween) this.#keep(chunk.subarray(from, at + 1));
      else if (this.#hasMessageEnded(byte)) this.#endMessage(chunk.subarray(from, at + 1));
      else continue;
      from = at + 1;
    }
    this.#keep(chunk.subarray(from));
    this.#chunkStart += chunk.length;
  }

  /** The frame; throws where the document does not end. */
  finish(): Buffer {
    if (!this.#hasEnded) throw this.#fault("truncated", 0);
    return Buffer.concat(this.#frame);
  }

  #readByte(byte: number, at: number): void {
    if (this.#isInString) this.#readInString(byte);
    else if (byte === QUOTE) this.#beginString();
    else if (isOpening(byte)) this.#open(byte, at);
    else if (isClosing(byte)) this.#close(at);
    else this.#readBare(byte, at);
  }

  /** An element that is a number or a word. */
  get #isInBare(): boolean {
    return this.#depth === 2 && this.#message !== null && !this.#isInString;
  }

  #hasMessageEnded = (byte: number) => this.#isInBare && (isClosing(byte) || byte === QUOTE);

  /** Between messages are commas and white space. */
  get #isBetween(): boolean {
    return this.#isInMessages && this.#depth === 2 && this.#message === null;
  }

  #beginMessage(at: number): void {
    this.#message = { offset: this.#chunkStart + at, byteLength: 0, pieces: [] };
  }

  #readInString(byte: number): void {
    const isTop = this.#depth === 1 && this.#name.length <= MESSAGES.length;
    if (isTop) this.#name += String.fromCharCode(byte);
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#isInString = false;
  }

  #beginString(): void {
    this.#isInString = true;
    this.#name = '"';
  }

  #open(byte: number, at: number): void {
    if (this.#hasEnded) throw this.#fault("trailing", at);
    this.#depth += 1;
    if (this.#depth > UPLOAD_DEPTH_MAX) throw this.#fault("too_deep", at);
    if (this.#depth === 2 && byte === OPEN_BRACKET && this.#name === MESSAGES)
      this.#isInMessages = true;
  }

  #close(at: number): void {
    this.#depth -= 1;
    if (this.#depth < 0) throw this.#fault("trailing", at);
    if (this.#depth === 1) this.#isInMessages = false;
    if (this.#depth === 0) this.#hasEnded = true;
  }

  #readBare(byte: number, at: number): void {
    if (this.#hasEnded && byte > 0x20) throw this.#fault("trailing", at);
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0) return;
    const message = this.#message;
    if (message === null) return this.#keepFrame(piece);
    message.byteLength += piece.length;
    if (message.byteLength > this.#messageMaxBytes) message.pieces = null;
    message.pieces?.push(Buffer.from(piece));
  }

  #keepFrame(piece: Buffer): void {
    this.#frameBytes += piece.length;
    if (this.#frameBytes > FRAME_MAX_BYTES) throw this.#fault("not_json", 0);
    this.#frame.push(Buffer.from(piece));
  }

  #endMessage(lastPiece: Buffer): void {
    this.#keep(lastPiece);
    const { offset = 0, byteLength = 0, pieces = null } = this.#message ?? {};
    this.#found.push({ offset, byteLength, bytes: pieces && Buffer.concat(pieces) });
    this.#message = null;
    this.index += 1;
  }

  #fault = (fault: DocumentFault, at: number) =>
    createDocumentError(fault, { offset: this.#chunkStart + at, index: this.index });
}
