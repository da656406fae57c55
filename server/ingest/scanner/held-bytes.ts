const FIRST_BYTES = 64 * 1024;
const GROWTH = 8;
const NOTHING = new Uint8Array(0);

/**
 * Keeps one stretch of a stream readable while chunks come and go. What lies in the current chunk is never copied;
 * what a chunk's end would take away goes to an arena that is used again for every stretch. Holds `maxBytes` at most:
 * a stretch that grows longer is lost. Positions are those of the stream.
 */
export class HeldBytes {
  readonly #maxBytes: number;
  #arena: Uint8Array = NOTHING;
  #heldBytes = 0;
  #isHolding = false;
  #isLost = false;
  #start = 0;
  #end = Infinity;
  #chunk: Uint8Array = NOTHING;
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
  attach(chunk: Uint8Array, chunkStart: number): void {
    this.#chunk = chunk;
    this.#chunkStart = chunkStart;
  }

  /** The chunk is about to go. */
  keep(): void {
    if (this.#isHolding) this.#hold(Math.min(this.#end, this.#chunkStart + this.#chunk.length));
    this.#chunk = NOTHING;
  }

  /**
   * The bytes between two positions within the stretch, the last one at or before the end of the current chunk; null
   * when they were lost. They are valid until the next chunk is attached.
   */
  slice(from: number, to: number): Uint8Array | null {
    if (from >= this.#chunkStart)
      return this.#chunk.subarray(from - this.#chunkStart, to - this.#chunkStart);
    this.#hold(to);
    return this.#isLost ? null : this.#arena.subarray(from - this.#start, to - this.#start);
  }

  #hold(end: number): void {
    const neededBytes = end - this.#start;
    if (neededBytes > this.#maxBytes) this.#isLost = true;
    if (this.#isLost || neededBytes <= this.#heldBytes) return;
    const from = this.#start + this.#heldBytes - this.#chunkStart;
    this.#reserve(neededBytes);
    this.#arena.set(this.#chunk.subarray(from, end - this.#chunkStart), this.#heldBytes);
    this.#heldBytes = neededBytes;
  }

  /** The last step takes the whole of `maxBytes`: pages of memory that are never written are never there. */
  #reserve(bytes: number): void {
    if (bytes <= this.#arena.length) return;
    let length = Math.max(this.#arena.length, FIRST_BYTES);
    while (length < bytes) length *= GROWTH;
    if (length * GROWTH > this.#maxBytes) length = this.#maxBytes;
    const arena = new Uint8Array(length);
    arena.set(this.#arena.subarray(0, this.#heldBytes));
    this.#arena = arena;
  }
}
