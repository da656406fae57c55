import { completeAppendBlob } from "#server/blobs/complete-append-blob.ts";
import { clearDeletedBlobs } from "#server/blobs/delete-blobs.ts";
import { transact } from "#server/live/transact.ts";
import type { StreamServices } from "./append-to-stream.ts";
import { findStreamById } from "./find-stream.ts";
import { lockStreamsOfTeam, removeStream } from "./remove-stream.ts";
import { recountUsage } from "./recount-usage.ts";
import { refundBlobs } from "./stream-quota.ts";

const INTERVAL_MS = 60_000;
const RECOUNT_INTERVAL_MS = 3_600_000;
const STREAMS_PER_ROUND = 1_000;
const BLOBS_PER_ROUND = 100;

export interface TidiedStreams {
  expiredCount: number;
  foldedCount: number;
}

/**
 * Removes streams that have expired, and makes segments of what processes that died had left in rows. Safe to run at any
 * time, twice, and in several processes.
 */
export async function tidyStreams(services: StreamServices): Promise<TidiedStreams> {
  return {
    expiredCount: await removeExpired(services),
    foldedCount: await foldLeftOvers(services),
  };
}

async function removeExpired(services: StreamServices): Promise<number> {
  const expired = await services.database.sql<{ streamId: string; teamId: string }[]>`
    select id as "streamId", team_id as "teamId" from streams
    where expires_at <= clock_timestamp() and deleted_at is null
    order by expires_at limit ${STREAMS_PER_ROUND}`;
  for (const { streamId, teamId } of expired) {
    const blobIds = await transact(services, async (tx) => {
      await lockStreamsOfTeam(tx, teamId);
      const stream = await findStreamById(tx, streamId, "update");
      const removed = stream && stream.state !== "live" ? await removeStream(tx, stream) : [];
      await refundBlobs(tx, teamId, removed);
      return removed;
    });
    await clearDeletedBlobs(services, blobIds);
  }
  return expired.length;
}

async function foldLeftOvers(services: StreamServices): Promise<number> {
  const left = await services.database.sql<{ blobId: string }[]>`
    select b.id as "blobId" from blobs b
    where b.state = 'writing' and b.purpose = 'stream' and b.mode = 'append'
      and exists (select from stream_parts where blob_id = b.id)
      and not exists (select from streams where open_blob_id = b.id)
    limit ${BLOBS_PER_ROUND}`;
  let foldedCount = 0;
  for (const { blobId } of left) {
    try {
      await completeAppendBlob(services, blobId);
      foldedCount += 1;
    } catch (error) {
      // Another process folds it as well, or the store is away: the next round sees.
      services.log.debug({ err: error, blobId }, "a blob of a stream was not folded yet");
    }
  }
  return foldedCount;
}

/** Tidies now and every minute, and counts anew every hour. Returns how to stop; what runs then runs to its end. */
export function startStreamTidier(services: StreamServices): () => Promise<void> {
  const { log } = services;
  let tidying: Promise<void> | null = null;
  let recountedAtMs = -Infinity;
  const recountWhenDue = async () => {
    if (performance.now() - recountedAtMs < RECOUNT_INTERVAL_MS) return;
    await recountUsage(services);
    recountedAtMs = performance.now();
  };
  const tidy = () => {
    tidying ??= tidyStreams(services)
      .then((tidied) => log.debug(tidied, "streams tidied"))
      .then(recountWhenDue)
      .catch((error: unknown) => log.warn({ err: error }, "streams not tidied, to be tried again"))
      .finally(() => (tidying = null));
  };
  tidy();
  const timer = setInterval(tidy, INTERVAL_MS);
  return async () => {
    clearInterval(timer);
    await tidying;
  };
}
