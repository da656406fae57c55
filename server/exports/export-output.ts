import { createHash } from "node:crypto";

/** Fewer bytes are gathered before they go out; more go as they are, without a copy. */
const CHUNK_BYTES = 256 * 1024;
const SHORT_MAX_CHARACTERS = 64;
const ASCII_MAX = 0x7f;
const COPIED_MAX_BYTES = 64 * 1024;

/** Gathers what an export writes into chunks that are worth sending, counted and hashed. */
export class ExportOutput {
  /** All that was written. */
  byteLength = 0;
  readonly #hash = createHash("sha256");
  #ready: Buffer[] = [];
  #chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  #filled = 0;

  get isReady(): boolean {
    return this.#ready.length > 0;
  }

  text(text: string): void {
    if (text.length <= SHORT_MAX_CHARACTERS && this.#writeShort(text)) return;
    // A UTF-16 unit becomes three bytes at most.
    if (text.length * 3 > CHUNK_BYTES - this.#filled) return this.bytes(Buffer.from(text));
    const written = this.#chunk.write(text, this.#filled);
    this.#filled += written;
    this.byteLength += written;
  }

  /** Frames of items are short and there are millions: a call into Node for each costs more than a loop. */
  #writeShort(text: string): boolean {
    const { length } = text;
    if (length > CHUNK_BYTES - this.#filled) this.flush();
    const chunk = this.#chunk;
    const start = this.#filled;
    for (let n = 0; n < length; n += 1) {
      const code = text.charCodeAt(n);
      if (code > ASCII_MAX) return false;
      chunk[start + n] = code;
    }
    this.#filled += length;
    this.byteLength += length;
    return true;
  }

  bytes(bytes: Uint8Array): void {
    this.byteLength += bytes.byteLength;
    if (bytes.byteLength > COPIED_MAX_BYTES) {
      this.flush();
      this.#push(bytes);
      return;
    }
    if (bytes.byteLength > CHUNK_BYTES - this.#filled) this.flush();
    this.#chunk.set(bytes, this.#filled);
    this.#filled += bytes.byteLength;
  }

  /** Makes everything ready, however little. */
  flush(): void {
    if (this.#filled === 0) return;
    this.#push(this.#chunk.subarray(0, this.#filled));
    this.#chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    this.#filled = 0;
  }

  take(): Buffer[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  /** Hex, of all that was written until now. */
  sha256(): string {
    this.flush();
    return this.#hash.copy().digest("hex");
  }

  #push(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#ready.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
}
