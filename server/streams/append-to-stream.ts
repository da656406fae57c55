import { AppError } from "#lib/errors.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { announce, type NewsServices, transact } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";
import {
  findStream,
  getStream,
  requireLive,
  type StreamRef,
  type StreamRow,
} from "./find-stream.ts";
import { requireProducerCount } from "./count-limits.ts";
import { foldSealed } from "./fold-sealed.ts";
import {
  type AppendRequest,
  judgeAppend,
  type ProducerState,
  type ProducerStep,
} from "./judge-append.ts";
import { appendBytes, type AppendedBytes, bytesOf, type NewBytes } from "./stream-bytes.ts";
import { type ReservedRoom, reserveRoom } from "./reserve-room.ts";
import { chargeStream, type StreamRoom } from "./stream-quota.ts";
import {
  discardBytes,
  discardWhenRefused,
  storeBody,
  takeBody,
  type TakenBody,
} from "./take-body.ts";

export type StreamServices = BlobServices & NewsServices & Pick<Services, "log">;
export type AppendServices = StreamServices & Pick<Services, "processId">;

export interface NewAppend extends AppendRequest, StreamRoom {
  body: AsyncIterable<Uint8Array>;
}

export interface Appended {
  tail: number;
  isClosed: boolean;
  /** `repeated`: nothing was done, because all of it had been done before. */
  outcome: "appended" | "closed" | "repeated";
  /** The last append of the request's producer; null without one. */
  producer: ProducerState | null;
}

/**
 * Appends to a stream, closes it, or both at once: all of it durable when this resolves, or nothing. Throws
 * `not_found`, `gone`, `too_large` (also for what the streams of the team have no room for), and what `judgeAppend`
 * throws. Holds at most what fits into a row, of JSON 4 MiB.
 */
export async function appendToStream(
  services: AppendServices,
  ref: StreamRef,
  { body, announcedBytes, quotaBytes, ...request }: NewAppend,
): Promise<Appended> {
  const taken = await takeBody(body, request.contentType);
  let room: ReservedRoom | null = null;
  try {
    // Who sends gigabytes learns before they come that they are not wanted.
    if (taken.rest !== null) {
      const early = await judgeEarly(services, ref, request);
      if (early) return early;
      room = await reserveRoom(services, ref.teamId, { announcedBytes, quotaBytes });
    }
    const added = await storeRequest(services, taken, { ...request, room });
    const reservationId = room?.id ?? null;
    return await commitAppend(services, ref, { request, added, quotaBytes, reservationId });
  } finally {
    taken.release();
    await room?.release();
  }
}

/** Null when the bytes are wanted, as it looks now. */
async function judgeEarly(
  { database: { sql } }: StreamServices,
  ref: StreamRef,
  request: AppendRequest,
): Promise<Appended | null> {
  const stream = await getStream(sql, ref);
  const producer = await findProducer(sql, stream, request.producer);
  const verdict = judgeAppend({ ...stream, producer }, request, true);
  return verdict === "append" ? null : answer(stream, { outcome: "repeated", producer });
}

async function storeRequest(
  services: StreamServices,
  taken: TakenBody,
  { contentType, room }: AppendRequest & { room: ReservedRoom | null },
): Promise<NewBytes | null> {
  const added = await storeBody(services, taken, { contentType: contentType ?? "", room });
  if (added === null && !taken.isEmpty) {
    throw new AppError("invalid_input", "There is nothing to append: the array is empty");
  }
  return added;
}

interface JudgedAppend {
  request: AppendRequest;
  added: NewBytes | null;
  quotaBytes?: number | undefined;
  reservationId: string | null;
}

async function commitAppend(
  services: StreamServices,
  ref: StreamRef,
  judged: JudgedAppend,
): Promise<Appended> {
  const { added } = judged;
  const committed = transact(services, (tx) => append(tx, ref, judged));
  const done = await discardWhenRefused(services, { added, committed });
  if (done.outcome === "repeated") await discardBytes(services, added);
  const { sealed, ...appended } = done;
  if (sealed) await foldSealed(services, sealed);
  return appended;
}

async function append(
  tx: TransactionSql,
  ref: StreamRef,
  { request, added, quotaBytes, reservationId }: JudgedAppend,
): Promise<Appended & { sealed: { streamId: string; blobId: string } | null }> {
  const stream = requireLive(await findStream(tx, ref, "update"));
  const { streamId } = stream;
  const producer = await findProducer(tx, stream, request.producer);
  const verdict = judgeAppend({ ...stream, producer }, request, added !== null);
  if (verdict === "repeated") {
    return { ...answer(stream, { outcome: "repeated", producer }), sealed: null };
  }
  const written = await writeAppend(tx, stream, { request, added });
  if (request.producer) {
    if (producer === null) await requireProducerCount(tx, streamId);
    await noteProducer(tx, streamId, request.producer);
  }
  if (added) {
    const addedBytes = bytesOf(added);
    await chargeStream(tx, ref.teamId, { addedBytes, quotaBytes, reservationId });
  }
  announce(tx, { kind: "stream", streamId });
  const state = request.producer && { ...request.producer, lastSeq: request.producer.seq };
  const outcome = added ? "appended" : "closed";
  const end = { tail: written.tail, isClosed: request.closes };
  return {
    ...answer(end, { outcome, producer: state }),
    sealed: written.sealedBlobId === null ? null : { streamId, blobId: written.sealedBlobId },
  };
}

/** Returns the new tail, and the blob that takes no more bytes from now on. */
export async function writeAppend(
  tx: TransactionSql,
  stream: StreamRow,
  {
    request: { closes, seq, producer },
    added,
  }: { request: Pick<AppendRequest, "closes" | "seq" | "producer">; added: NewBytes | null },
): Promise<Pick<AppendedBytes, "tail" | "sealedBlobId">> {
  const appended = added
    ? await appendBytes(tx, stream, added)
    : { tail: stream.tail, openBlobId: stream.openBlobId, sealedBlobId: null };
  const closer = closes ? producer : null;
  await tx`
    update streams set tail = ${appended.tail}, is_closed = ${closes},
      open_blob_id = ${closes ? null : appended.openBlobId},
      last_seq = coalesce(${seq}, last_seq),
      closed_by_producer = ${closer?.producerId ?? null}, closed_by_epoch = ${closer?.epoch ?? null},
      closed_by_seq = ${closer?.seq ?? null},
      expires_at = case when ttl_seconds is null then expires_at
        else clock_timestamp() + ttl_seconds * interval '1 second' end
    where id = ${stream.streamId}`;
  const sealedBlobId = appended.sealedBlobId ?? (closes ? appended.openBlobId : null);
  return { tail: appended.tail, sealedBlobId };
}

async function findProducer(
  sql: TransactionSql | StreamServices["database"]["sql"],
  { streamId }: StreamRow,
  step: ProducerStep | null,
): Promise<ProducerState | null> {
  if (step === null) return null;
  const [row] = await sql<ProducerState[]>`
    select epoch::float8 as epoch, last_seq::float8 as "lastSeq" from stream_producers
    where stream_id = ${streamId} and producer_id = ${step.producerId}`;
  return row ?? null;
}

async function noteProducer(
  tx: TransactionSql,
  streamId: string,
  { producerId, epoch, seq }: ProducerStep,
): Promise<void> {
  await tx`
    insert into stream_producers (stream_id, producer_id, epoch, last_seq)
    values (${streamId}, ${producerId}, ${epoch}, ${seq})
    on conflict (stream_id, producer_id) do update set epoch = ${epoch}, last_seq = ${seq}`;
}

const answer = (
  { tail, isClosed }: Pick<StreamRow, "tail" | "isClosed">,
  rest: Pick<Appended, "outcome" | "producer">,
): Appended => ({ tail, isClosed, ...rest });
