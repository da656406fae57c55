import { createHash } from "node:crypto";
import type { Sql, TransactionSql } from "#server/database/database.ts";
import { otherOffset, readPosition } from "./append-position.ts";
import { fold } from "./append-steps.ts";
import { openBlob } from "./open-blob.ts";
import { takeHash } from "./running-hashes.ts";
import { BLOB_LEASE_MS, type BlobServices, type WrittenBlob } from "./write-blob.ts";

/** While a blob is read, its lease is renewed this often. */
export const HASHING_SIGN_MS = 5_000;

interface CompleteOptions {
  leaseMs?: number;
  /** The transaction in which `mark` ends the blob; answers what that answers. */
  within?: (
    written: WrittenBlob,
    mark: (tx: TransactionSql) => Promise<boolean>,
  ) => Promise<boolean>;
}

/**
 * Ends a blob: its last bytes become a segment, and the SHA-256 of the whole is noted. That needs no reading where one
 * process appended everything or there is one segment; otherwise the blob is read once from its start, at constant memory. Safe to run again,
 * and by many at once. Throws `gone` for a deleted blob, `conflict` when somebody still appends.
 */
export async function completeAppendBlob(
  services: BlobServices,
  blobId: string,
  { leaseMs = BLOB_LEASE_MS, within }: CompleteOptions = {},
): Promise<WrittenBlob> {
  const { sql } = services.database;
  const before = await readPosition(sql, blobId);
  if (before.state === "complete") return { blobId, bytes: before.bytes, sha256: before.sha256! };
  const { bytes } =
    before.tailBytes > 0 ? await fold({ services, blobId, leaseMs }, before) : before;
  const sha256 =
    (await takeHash(blobId, bytes)) ??
    (await findOnlyHash(services, blobId)) ??
    (await readHash(services, blobId, leaseMs));
  const written = { blobId, bytes, sha256 };
  const mark = async (tx: Sql | TransactionSql) => {
    const { count } = await tx`
      update blobs set state = 'complete', sha256 = ${sha256},
        lease_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
      where id = ${blobId} and state = 'writing' and bytes = ${bytes}`;
    return count === 1;
  };
  if (await (within ? within(written, mark) : mark(sql))) return written;
  const now = await readPosition(sql, blobId);
  if (now.state !== "complete") throw otherOffset(blobId, now.bytes);
  return { blobId, bytes: now.bytes, sha256: now.sha256! };
}

/** A blob of one segment has its hash. */
async function findOnlyHash(
  { database: { sql } }: BlobServices,
  blobId: string,
): Promise<string | null> {
  const [only] = await sql<{ sha256: string }[]>`
    select min(sha256) as sha256 from blob_segments where blob_id = ${blobId} having count(*) = 1`;
  return only?.sha256 ?? null;
}

async function readHash(services: BlobServices, blobId: string, leaseMs: number): Promise<string> {
  const { sql } = services.database;
  const hash = createHash("sha256");
  const { stream } = await openBlob(services, blobId);
  let renewedMs = -Infinity;
  for await (const chunk of stream) {
    hash.update(chunk as Uint8Array);
    if (performance.now() - renewedMs < HASHING_SIGN_MS) continue;
    renewedMs = performance.now();
    await sql`
      update blobs set lease_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
      where id = ${blobId} and state = 'writing'`;
  }
  return hash.digest("hex");
}
