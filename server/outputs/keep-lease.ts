import { AppError } from "#lib/errors.ts";
import type { Database } from "#server/database/database.ts";
import type { Log } from "#server/log.ts";

interface KeepLease {
  blobId: string;
  leaseMs: number;
  /** The blob was deleted, or given up by somebody else. */
  onLost: (reason: AppError) => void;
}

/**
 * Renews the lease of a blob four times in its life while its writer says nothing: a producer may be parked for as long
 * as it likes, and nobody takes its output for abandoned.
 */
export function keepLease(
  { database: { sql }, log }: { database: Database; log: Log },
  { blobId, leaseMs, onLost }: KeepLease,
): { end: () => void } {
  const renew = async () => {
    const { count } = await sql`
      update blobs set lease_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
      where id = ${blobId} and state = 'writing'`;
    if (count === 0) onLost(new AppError("gone", "The output was deleted while it was written"));
  };
  const timer = setInterval(() => {
    renew().catch((error: unknown) => log.warn({ err: error, blobId }, "lease not renewed"));
  }, leaseMs / 4);
  timer.unref();
  return { end: () => clearInterval(timer) };
}
