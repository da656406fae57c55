import { createHash } from "node:crypto";

const MEGABYTE = 1_000_000;

export interface GeneratedDocument {
  byteLength: number;
  /** Items that can be stored. */
  itemCount: number;
  /** Items above the limit of one. */
  oversizedCount: number;
  /** Made anew by every call, always the same. */
  stream(): AsyncGenerator<Buffer>;
  /** Hex, of a stream that was read to its end. */
  sha256(): string;
}

/** Text that does not repeat soon, so that nothing can be clever about it. */
const filling = Buffer.from(
  Array.from({ length: MEGABYTE }, (_, n) => String.fromCharCode(97 + ((n * n + n) % 23))).join(""),
);

/**
 * A document of a session as agents leave it, of about `totalBytes`, never held: small items, items that fit into a row,
 * items that go to blobs, and some that are too large for one.
 */
export function generateDocument(totalBytes: number): GeneratedDocument {
  const oversizedCount = Math.round((totalBytes * 0.45) / (60 * MEGABYTE));
  const blobCount = Math.round((totalBytes * 0.35) / (8 * MEGABYTE));
  const rowCount = Math.round((totalBytes * 0.18) / (0.5 * MEGABYTE));
  const smallCount = Math.round((totalBytes * 0.005) / 1_000);
  const hash = createHash("sha256");
  let byteLength = 0;

  const stream = async function* () {
    let n = 0;
    for (const chunk of pieces()) {
      hash.update(chunk);
      byteLength += chunk.byteLength;
      yield chunk;
    }
    function* pieces() {
      yield Buffer.from('{"data":[{"type":"message","data":{"id":"msg_0","role":"user"}}');
      const rounds = Math.max(oversizedCount, blobCount, rowCount);
      const isDue = (round: number, count: number) =>
        Math.floor(((round + 1) * count) / rounds) > Math.floor((round * count) / rounds);
      for (let round = 0; round < rounds; round += 1) {
        const small =
          Math.floor(((round + 1) * smallCount) / rounds) -
          Math.floor((round * smallCount) / rounds);
        for (let i = 0; i < small; i += 1) yield* item((n += 1), 900);
        if (isDue(round, rowCount)) yield* item((n += 1), 0.5 * MEGABYTE);
        if (isDue(round, blobCount)) yield* item((n += 1), 8 * MEGABYTE);
        if (isDue(round, oversizedCount)) yield* item((n += 1), 60 * MEGABYTE);
      }
      yield Buffer.from("]}");
    }
  };

  return {
    get byteLength() {
      return byteLength;
    },
    itemCount: 1 + smallCount + rowCount + blobCount,
    oversizedCount,
    stream,
    sha256: () => hash.digest("hex"),
  };
}

function* item(n: number, textBytes: number): Generator<Buffer> {
  yield Buffer.from(
    `,{"type":"part","data":{"id":"prt_${n}","messageID":"msg_0","type":"text","text":"`,
  );
  for (let left = textBytes; left > 0; left -= filling.byteLength)
    yield left >= filling.byteLength ? filling : filling.subarray(0, left);
  yield Buffer.from('"}}');
}
