import { Readable } from "node:stream";

/**
 * A request body that is in memory already. Piped, it is handed over in one go, so that it leaves with few system calls
 * and without a copy; whoever retries makes a new one of the same chunks.
 */
export class ChunkBody extends Readable {
  readonly #chunks: readonly Uint8Array[];

  constructor(chunks: readonly Uint8Array[]) {
    super();
    this.#chunks = chunks;
  }

  override _read(): void {
    for (const chunk of this.#chunks) this.push(chunk);
    this.push(null);
  }

  override pipe<Destination extends NodeJS.WritableStream>(destination: Destination): Destination {
    const corked = destination as Destination & { cork?(): void; uncork?(): void };
    corked.cork?.();
    for (const chunk of this.#chunks) destination.write(chunk);
    destination.end();
    corked.uncork?.();
    return destination;
  }
}
