import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { openItemsTest, type ItemsTest } from "#server/items/testing/item-session.ts";
import { removeDeletedBlobs } from "../delete-blobs.ts";
import type { ByteRange } from "../blob-store.ts";
import { openBlob } from "../open-blob.ts";
import { writeBlob, type NewBlob, type WrittenBlob } from "../write-blob.ts";
import { chunksOf } from "./chunks-of.ts";

/** As the driver brings it: numbers of 64 bits are text. */
export interface StoredBlob {
  id: string;
  state: string;
  bytes: string;
  sha256: string | null;
  leaseUntil: string;
}

export interface BlobsHarness {
  context: ItemsTest;
  /** Of a new session for each test. */
  sessionId: string;
  /** Cuts segments of 1,000 bytes. */
  write(source: AsyncIterable<Uint8Array>, options?: Partial<NewBlob>): Promise<WrittenBlob>;
  /** The same for so many random bytes. */
  writeRandom(bytes: number, options?: Partial<NewBlob>): Promise<WrittenBlob>;
  read(blobId: string, range?: ByteRange): Promise<Buffer>;
  /** Oldest first. */
  readRows(): Promise<StoredBlob[]>;
  /** Lets all leases run out. */
  expire(): Promise<unknown>;
}

/** A database and a store for the tests of a file, emptied before each of them. */
export function useBlobsTest(): BlobsHarness {
  const harness: BlobsHarness = {
    context: undefined as unknown as ItemsTest,
    sessionId: "",
    write: (source, options) => writeBlob(harness.context, { ...defaults(), source, ...options }),
    writeRandom: (bytes, options) => harness.write(chunksOf(randomBytes(bytes)), options),
    async read(blobId, range) {
      const { stream } = await openBlob(harness.context, blobId, range);
      return Buffer.concat(await stream.toArray());
    },
    readRows: async () => harness.context.database.sql<StoredBlob[]>`
      select id, state, bytes, sha256, lease_until as "leaseUntil" from blobs order by created_at`,
    expire: async () => harness.context.database.sql`
      update blobs set lease_until = now() - interval '1 second'`,
  };
  const defaults = () => ({
    sessionId: harness.sessionId,
    generation: 1,
    purpose: "upload" as const,
    mime: "application/json",
    segmentBytes: 1_000,
  });
  beforeAll(async () => {
    harness.context = await openItemsTest();
  });
  afterAll(() => harness.context.close());
  beforeEach(async () => {
    ({ sessionId: harness.sessionId } = await harness.context.createSession());
    await removeEverything(harness.context);
  });
  return harness;
}

async function removeEverything(context: ItemsTest): Promise<void> {
  const rows = await context.database.sql<{ id: string }[]>`
    update blobs set state = 'deleting' returning id`;
  const blobIds = rows.map((row) => row.id);
  await removeDeletedBlobs(context, blobIds);
  await context.blobs.delete(await context.listKeys());
}
