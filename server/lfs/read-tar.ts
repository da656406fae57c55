import { AppError } from "#lib/errors.ts";

const BLOCK = 512;

export interface TarFile {
  name: string;
  size: number;
  /** Read before the next file is asked for, or left. */
  bytes: AsyncIterable<Uint8Array>;
}

/**
 * The plain files of a tar archive with short names, as tar(1) writes objects of Git LFS; all other entries are left out.
 * Holds one chunk. Reads the source to its end, whose own error counts, and closes it however this ends. Throws
 * `unavailable` for what is no archive, or breaks off.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarFile> {
  const input = createReader(source);
  try {
    for (;;) {
      const header = await input.readBlock();
      if (header === null || header.every((byte) => byte === 0)) break;
      const size = readSize(header.subarray(124, 136));
      const body = input.take(size);
      if (header[156] === 0x30 || header[156] === 0) {
        yield { name: textOf(header.subarray(0, 100)), size, bytes: body };
      }
      for await (const _ of body) continue;
      for await (const _ of input.take((BLOCK - (size % BLOCK)) % BLOCK)) continue;
    }
    await input.drain();
  } finally {
    await input.close();
  }
}

function createReader(source: AsyncIterable<Uint8Array>) {
  const chunks = source[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  /** At most `max` bytes; null at the end. */
  const read = async (max: number): Promise<Uint8Array | null> => {
    while (rest.length === 0) {
      const next = await chunks.next();
      if (next.done) return null;
      rest = next.value;
    }
    const piece = rest.subarray(0, max);
    rest = rest.subarray(piece.length);
    return piece;
  };
  async function* take(size: number): AsyncGenerator<Uint8Array> {
    for (let left = size; left > 0;) {
      const piece = await read(left);
      if (piece === null) throw broken();
      left -= piece.length;
      yield piece;
    }
  }
  return {
    take,
    async drain() {
      while ((await read(Infinity)) !== null) continue;
    },
    async close() {
      await chunks.return?.();
    },
    async readBlock(): Promise<Uint8Array | null> {
      const first = await read(BLOCK);
      if (first === null) return null;
      const pieces = [first];
      for await (const piece of take(BLOCK - first.length)) pieces.push(piece);
      return Buffer.concat(pieces);
    },
  };
}

/** Octal digits, or for 8 GiB and more a number behind a set bit. */
function readSize(field: Uint8Array): number {
  const size =
    field[0] === 0x80
      ? Number(Buffer.from(field.subarray(4)).readBigUInt64BE())
      : Number.parseInt(textOf(field), 8);
  if (!Number.isSafeInteger(size) || size < 0) throw broken();
  return size;
}

const textOf = (field: Uint8Array) => Buffer.from(field).toString("latin1").split("\0", 1)[0] ?? "";

const broken = () =>
  new AppError("unavailable", "The session's files in Git LFS cannot be read", {
    details: { reason: "files" },
  });
