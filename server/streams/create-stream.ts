import { AppError } from "#lib/errors.ts";
import { createStreamId } from "#lib/ids.ts";
import type { Sql, TransactionSql } from "#server/database/database.ts";
import { clearDeletedBlobs } from "#server/blobs/delete-blobs.ts";
import { transact } from "#server/live/transact.ts";
import { type AppendServices, type StreamServices, writeAppend } from "./append-to-stream.ts";
import { essenceOf, readContentType } from "./content-type.ts";
import { requireStreamCount } from "./count-limits.ts";
import { findStream, findStreamById, type StreamRef, type StreamRow } from "./find-stream.ts";
import { foldSealed } from "./fold-sealed.ts";
import {
  copyParts,
  type Fork,
  type ForkPoint,
  requireForkPoint,
  resolveFork,
} from "./fork-stream.ts";
import { lockStreamsOfTeam, removeStream } from "./remove-stream.ts";
import { bytesOf, type NewBytes } from "./stream-bytes.ts";
import { type ReservedRoom, reserveRoom } from "./reserve-room.ts";
import { chargeStream, refundBlobs, type StreamRoom } from "./stream-quota.ts";
import { discardBytes, discardWhenRefused, storeBody, takeBody } from "./take-body.ts";

export interface NewStream extends StreamRoom {
  /** Null: bytes of no known type, or that of a fork's source. */
  contentType: string | null;
  ttlSeconds: number | null;
  expiresAt: Date | null;
  closes: boolean;
  fork: Fork | null;
  /** The first bytes; of a fork, those after what it has of its source. */
  body: AsyncIterable<Uint8Array>;
}

/** What a stream is made with, once its source is known. */
interface Plan extends Omit<NewStream, "contentType" | "body"> {
  contentType: string;
  point: ForkPoint | null;
}

/**
 * Makes a stream, with its first bytes or not at all; or finds the one that was made alike. Throws `conflict` where
 * another stream has the path, `not_found` for a source that is not there, and what appends throw.
 */
export async function createStream(
  services: AppendServices,
  ref: StreamRef,
  { body, ...asked }: NewStream,
): Promise<{ stream: StreamRow; isNew: boolean }> {
  const known = await findAlike(services, ref, asked);
  if (known) return { stream: known, isNew: false };
  const point = asked.fork && (await resolveFork(services, ref.teamId, asked.fork));
  const plan = makePlan(asked, point);
  const taken = await takeBody(body, plan.contentType);
  let room: ReservedRoom | null = null;
  try {
    room = taken.rest && (await reserveRoom(services, ref.teamId, asked));
    const { contentType } = plan;
    const added = await storeBody(services, taken, { contentType, room });
    const reservationId = room?.id ?? null;
    return await commitCreation(services, ref, { plan, asked, added, reservationId });
  } finally {
    taken.release();
    await room?.release();
  }
}

function makePlan(asked: Omit<NewStream, "body">, point: ForkPoint | null): Plan {
  const contentType = asked.contentType ?? point?.source.contentType;
  const plan = { ...asked, contentType: readContentType(contentType), point };
  if (!point) return plan;
  if (essenceOf(plan.contentType) !== essenceOf(point.source.contentType)) {
    throw new AppError("conflict", "A fork has the content type of its source", {
      details: { field: "Content-Type" },
    });
  }
  if (plan.ttlSeconds !== null || plan.expiresAt !== null) return plan;
  const { ttlSeconds, expiresAt } = point.source;
  const isSliding = ttlSeconds !== null || expiresAt === null;
  return { ...plan, ttlSeconds, expiresAt: isSliding ? null : new Date(expiresAt) };
}

interface Creation {
  plan: Plan;
  asked: Omit<NewStream, "body">;
  added: NewBytes | null;
  reservationId: string | null;
}

async function commitCreation(
  services: StreamServices,
  ref: StreamRef,
  { plan, asked, added, reservationId }: Creation,
): Promise<{ stream: StreamRow; isNew: boolean }> {
  let removedBlobIds: string[] = [];
  let sealedBlobId: string | null = null;
  let isNew = false;
  const committed = transact(services, async (tx) => {
    await lockStreamsOfTeam(tx, ref.teamId);
    const existing = await findStream(tx, ref, "update");
    if (existing && existing.state !== "expired") return requireAlike(tx, existing, asked);
    removedBlobIds = existing ? await removeStream(tx, existing) : [];
    await requireStreamCount(tx, ref.teamId);
    const created = await insertStream(tx, ref, plan);
    const request = { closes: plan.closes, seq: null, producer: null };
    const written = await writeAppend(tx, created, { request, added });
    sealedBlobId = written.sealedBlobId;
    isNew = true;
    await refundBlobs(tx, ref.teamId, removedBlobIds);
    const { quotaBytes } = asked;
    const charge = { quotaBytes, reservationId };
    if (added) await chargeStream(tx, ref.teamId, { addedBytes: bytesOf(added), ...charge });
    return getById(tx, created.streamId);
  });
  const stream = await discardWhenRefused(services, { added, committed });
  if (!isNew) await discardBytes(services, added);
  await clearDeletedBlobs(services, removedBlobIds);
  if (sealedBlobId !== null) {
    await foldSealed(services, { streamId: stream.streamId, blobId: sealedBlobId });
  }
  return { stream, isNew };
}

async function insertStream(
  tx: TransactionSql,
  { teamId, path }: StreamRef,
  { contentType, ttlSeconds, expiresAt, fork, point }: Plan,
): Promise<StreamRow> {
  if (point) await requireForkPoint(tx, point);
  const streamId = createStreamId();
  await tx`
    insert into streams (
      id, team_id, path, content_type, tail, ttl_seconds, expires_at, forked_from, fork_offset,
      fork_sub_offset
    ) values (
      ${streamId}, ${teamId}, ${path}, ${contentType}, ${point?.offset ?? 0}, ${ttlSeconds},
      ${expiresAt?.toISOString() ?? null}, ${point?.source.streamId ?? null},
      ${fork?.offset ?? null}, ${fork?.subOffset ?? 0}
    )`;
  if (point) await copyParts(tx, point, streamId);
  // A time to live begins now, and one of no seconds is over: what is made is told all the same.
  return { ...(await getById(tx, streamId)), state: "live" };
}

async function getById(tx: TransactionSql, streamId: string): Promise<StreamRow> {
  const stream = await findStreamById(tx, streamId, "update");
  if (!stream) throw new AppError("internal", "A stream was lost while it was made");
  return stream;
}

/** The stream that was made like this before; null where there is none. Throws `conflict` for another one. */
async function findAlike(
  { database: { sql } }: StreamServices,
  ref: StreamRef,
  asked: Omit<NewStream, "body">,
): Promise<StreamRow | null> {
  const existing = await findStream(sql, ref);
  if (!existing || existing.state === "expired") return null;
  return requireAlike(sql, existing, asked);
}

async function requireAlike(
  sql: Sql | TransactionSql,
  existing: StreamRow,
  asked: Omit<NewStream, "body">,
): Promise<StreamRow> {
  if (existing.state === "gone")
    throw new AppError("conflict", "A deleted stream keeps this path for its forks");
  const isAlike =
    isTypeAlike(existing, asked) &&
    isExpiryAlike(existing, asked) &&
    existing.isClosed === asked.closes &&
    (await isForkAlike(sql, existing, asked.fork));
  if (isAlike) return existing;
  throw new AppError("conflict", "There is a stream already that was made otherwise");
}

const isTypeAlike = (existing: StreamRow, { contentType, fork }: Omit<NewStream, "body">) =>
  (contentType === null && fork !== null) ||
  essenceOf(readContentType(contentType ?? undefined)) === essenceOf(existing.contentType);

function isExpiryAlike(
  { ttlSeconds, expiresAt: storedExpiry }: StreamRow,
  asked: Omit<NewStream, "body">,
): boolean {
  if (asked.ttlSeconds === null && asked.expiresAt === null && asked.fork !== null) return true;
  const expiresAt = ttlSeconds === null && storedExpiry !== null ? Date.parse(storedExpiry) : null;
  return asked.ttlSeconds === ttlSeconds && (asked.expiresAt?.getTime() ?? null) === expiresAt;
}

async function isForkAlike(
  sql: Sql | TransactionSql,
  { teamId, forkedFrom, forkOffset, forkSubOffset }: StreamRow,
  fork: Fork | null,
): Promise<boolean> {
  if (fork === null || forkedFrom === null) return fork === null && forkedFrom === null;
  const source = await findStream(sql, { teamId, path: fork.sourcePath });
  return (
    source?.streamId === forkedFrom &&
    fork.offset === forkOffset &&
    fork.subOffset === forkSubOffset
  );
}
