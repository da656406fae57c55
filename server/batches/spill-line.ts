import { createHash } from "node:crypto";
import { AppError } from "#lib/errors.ts";
import { type BlobServices, writeBlob } from "#server/blobs/write-blob.ts";
import type { BatchLine } from "./batch-line.ts";
import { createIndexFinder } from "./index-finder.ts";
import { BAD_INDEX, type LineRules, nameOf, outOfRange } from "./read-batch-line.ts";
import type { LongLine } from "./read-lines.ts";

interface SpillOptions {
  batchId: string;
  rules: Pick<LineRules, "firstIndex" | "indexEnd">;
  /** A longer line becomes a marker. */
  lineMaxBytes: number;
}

/**
 * Puts a line that is too long to be held into a blob while it arrives, or finds out that it is too long for that too:
 * then the rest of it is read for its index, hash and size, and nothing is kept. Holds what the blob store does. What the
 * blob holds is checked by whoever reads it. Throws what `writeBlob` and the body throw.
 */
export async function spillLine(
  services: BlobServices,
  line: LongLine,
  { batchId, rules, lineMaxBytes }: SpillOptions,
): Promise<BatchLine> {
  const passing = observe(line);
  const blobId = await writeUpTo(services, passing, { batchId, lineMaxBytes });
  while (await passing.next());
  const { number, offset } = line;
  const position = rules.firstIndex + line.position;
  const { bytes, sha256, index: stated, isIndexUnreadable } = passing.facts();
  const isIndexStated = stated !== null || isIndexUnreadable;
  const facts = { position, number, offset, bytes, sha256, isIndexStated };
  const index = stated ?? position;
  if (blobId === null) {
    const [has, most] = [bytes, lineMaxBytes].map((count) => count.toLocaleString("en"));
    const reason = `${nameOf(line)} has ${has} bytes, more than ${most}`;
    return { ...facts, index: stated, fault: "too_large", reason };
  }
  if (isIndexUnreadable) return { ...facts, index: null, fault: "bad_index", reason: BAD_INDEX };
  if (index >= rules.indexEnd)
    return { ...facts, index, fault: "index_out_of_range", reason: outOfRange(rules) };
  return {
    ...facts,
    index,
    body: null,
    blobId,
    uploadId: null,
    fault: null,
  };
}

type Passing = ReturnType<typeof observe>;

/** The line's chunks, one at a time, looked at as they pass. */
function observe({ bytes }: LongLine) {
  const chunks = bytes[Symbol.asyncIterator]();
  const hash = createHash("sha256");
  const finder = createIndexFinder();
  let byteLength = 0;
  return {
    get byteLength() {
      return byteLength;
    },
    /** Null at the end. */
    async next(): Promise<Uint8Array | null> {
      const { value, done } = await chunks.next();
      if (done) return null;
      hash.update(value);
      finder.read(value);
      byteLength += value.byteLength;
      return value;
    },
    facts: () => ({
      bytes: byteLength,
      sha256: hash.digest("hex"),
      index: finder.find(),
      isIndexUnreadable: finder.isUnreadable(),
    }),
  };
}

/** The blob's id; null when the line goes on behind `lineMaxBytes`, where reading stands then. */
async function writeUpTo(
  services: BlobServices,
  passing: Passing,
  { batchId, lineMaxBytes }: Omit<SpillOptions, "rules">,
): Promise<string | null> {
  let isTooLong = false;
  const source = async function* () {
    for (;;) {
      const chunk = await passing.next();
      if (chunk === null) return;
      if (passing.byteLength > lineMaxBytes) {
        isTooLong = true;
        throw new AppError("too_large", "The line is too long");
      }
      yield chunk;
    }
  };
  try {
    const mime = "application/json";
    const owner = { sessionId: batchId, generation: 1, purpose: "upload" as const };
    return (await writeBlob(services, { ...owner, mime, source: source() })).blobId;
  } catch (error) {
    if (isTooLong) return null;
    throw error;
  }
}
