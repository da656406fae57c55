const FIRST_BYTES = 4 * 1024;
const GROWTH = 8;
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Keeps one stretch of a stream readable while chunks come and go. What lies in the current chunk is never copied;
 * what a chunk's end would take away goes to an arena that is used again for every stretch. Holds `maxBytes` at most:
 * a stretch that grows longer is lost. Positions are those of the stream.
 */
export class HeldBytes {
  /** Where `find` found what it was asked for. */
  bytes = NOTHING;
  readonly #maxBytes: number;
  #arena = NOTHING;
  #heldBytes = 0;
  #isHolding = false;
  #isLost = false;
  #start = 0;
  #end = Infinity;
  #chunk = NOTHING;
  #chunkStart = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Forgets the stretch before; its slices stay as they are until the chunk after this one is attached. */
  begin(start: number): void {
    this.#isHolding = true;
    this.#isLost = false;
    this.#heldBytes = 0;
    this.#start = start;
    this.#end = Infinity;
  }

  /** The stretch ends here, but is still wanted. */
  endAt(end: number): void {
    this.#end = end;
  }

  release(): void {
    this.#isHolding = false;
  }

  /** The chunk that begins at `chunkStart` is here; `keep` has been called for the one before. */
  attach(chunk: Buffer, chunkStart: number): void {
    this.#chunk = chunk;
    this.#chunkStart = chunkStart;
  }

  /** The chunk is about to go. */
  keep(): void {
    if (this.#isHolding) this.#hold(Math.min(this.#end, this.#chunkStart + this.#chunk.length));
    this.#chunk = NOTHING;
  }

  /**
   * Where in `bytes` the position `from` stands, together with all up to `to`, which is within the current chunk or
   * before; -1 when it was lost.
   */
  find(from: number, to: number): number {
    if (from >= this.#chunkStart) {
      this.bytes = this.#chunk;
      return from - this.#chunkStart;
    }
    this.#hold(to);
    this.bytes = this.#arena;
    return this.#isLost ? -1 : from - this.#start;
  }

  /** A view of the bytes between two positions that were not lost; valid until the next chunk is attached. */
  slice(from: number, to: number): Uint8Array {
    const start = this.find(from, to);
    if (start === -1) throw new Error("What is asked for was too long to be held");
    // Buffer's own subarray takes three times as long.
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + start, to - from);
  }

  #hold(end: number): void {
    const neededBytes = end - this.#start;
    if (neededBytes > this.#maxBytes) this.#isLost = true;
    if (this.#isLost || neededBytes <= this.#heldBytes) return;
    const from = this.#start + this.#heldBytes - this.#chunkStart;
    this.#reserve(neededBytes);
    this.#chunk.copy(this.#arena, this.#heldBytes, from, end - this.#chunkStart);
    this.#heldBytes = neededBytes;
  }

  /** The last step takes the whole of `maxBytes`: pages of memory that are never written are never there. */
  #reserve(bytes: number): void {
    if (bytes <= this.#arena.length) return;
    let length = Math.max(this.#arena.length, FIRST_BYTES);
    while (length < bytes) length *= GROWTH;
    if (length * GROWTH > this.#maxBytes) length = this.#maxBytes;
    const arena = Buffer.allocUnsafeSlow(length);
    this.#arena.copy(arena, 0, 0, this.#heldBytes);
    this.#arena = arena;
  }
}
