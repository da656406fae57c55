import { createHash } from "node:crypto";
import { AppError, isAppError } from "#lib/errors.ts";
import { DIRECT_INGEST_MAX_BYTES } from "#lib/limits.ts";
import type { Upload } from "#lib/upload.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { listSkippedOfUpload } from "#server/items/list-skipped-items.ts";
import { writeBlob } from "#server/blobs/write-blob.ts";
import { toSafeError } from "#server/database/to-safe-error.ts";
import type { Services } from "#server/services.ts";
import { acceptPush } from "./accept-push.ts";
import type { AcceptedUpload, UploadHead } from "./accept-upload.ts";
import { changeHeldUploadOrSession, isTakenOver } from "./change-upload.ts";
import { decodeBody } from "./decode-body.ts";
import { type DirectIngest, ingestDirectly } from "./ingest-directly.ts";
import { removeMadeSession } from "./remove-made-session.ts";
import { joinStart, readStart, type StartOfBody } from "./read-start.ts";
import { countArrivals } from "./count-arrivals.ts";
import { readUpload } from "./read-uploads.ts";
import { failUpload, finishUpload, queueUpload } from "./settle-upload.ts";

type Needs = Pick<
  Services,
  "database" | "blobs" | "bus" | "queue" | "log" | "processId" | "draining"
>;

const NOTE_AGAIN_MS = 5_000;

export interface IncomingUpload {
  sessionId: string;
  head: Omit<UploadHead, "way">;
  body: AsyncIterable<Uint8Array>;
}

/** An answer names no more of them; the ledger has all. */
const SKIPPED_IN_ANSWER_MAX = 1_000;

export interface ReceivedUpload {
  upload: Upload;
  /** The first items that were not stored, as far as that is known. */
  skipped: DirectIngest["skipped"];
}

/**
 * Takes a payload in, in one request: a body of up to 1 MiB is checked whole and applied before this resolves, a larger
 * one is durable and in the line. An id of our own pattern that nobody has becomes a session of the caller's. Throws
 * `invalid_input` for a small body that is broken (nothing is stored), `too_large`, `not_found`, `gone`, `conflict` as
 * `acceptUpload` does, `unavailable`; the upload's row says what happened.
 */
export async function receiveUpload(
  services: Needs,
  viewer: Viewer,
  { sessionId, head, body }: IncomingUpload,
): Promise<ReceivedUpload> {
  const acceptance = await acceptPush(services, viewer, {
    sessionId,
    head: { ...head, way: "stream" },
  });
  if (acceptance.isRepeat) {
    const { upload } = acceptance;
    await requireSameBody(upload, body);
    return { upload, skipped: await readSkipped(services, upload) };
  }
  return takeUploadIn(services, acceptance.upload, { head, body });
}

/**
 * `receiveUpload` for an upload that was accepted already; a session that was made for it goes again when the body is
 * small and broken.
 */
export async function takeUploadIn(
  services: Needs,
  upload: AcceptedUpload,
  { head, body }: Pick<IncomingUpload, "head" | "body">,
): Promise<ReceivedUpload> {
  try {
    const started = await readStart(decodeBody(body, "identity"), DIRECT_INGEST_MAX_BYTES);
    const isSmall = started.rest === null;
    const direct = isSmall ? await tryDirectly(services, upload, { started, head }) : null;
    if (!direct) await storeForLater(services, upload, { started, head });
    return {
      upload: await readUpload(services.database, upload.uploadId),
      skipped: direct?.skipped.slice(0, SKIPPED_IN_ANSWER_MAX) ?? [],
    };
  } catch (error) {
    await noteFailure(services, upload, error);
    throw error;
  }
}

/**
 * A repeat must bring what the first request brought. Bodies of up to 1 MiB are compared; of larger ones their announced
 * length was, and they are not read again.
 */
async function requireSameBody(
  { uploadId, sha256 }: Upload,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  const { start, rest } = await readStart(body, DIRECT_INGEST_MAX_BYTES);
  if (rest !== null || sha256 === null || hashOf(start) === sha256) return;
  throw new AppError("conflict", "This idempotency key was used for another upload", {
    details: { uploadId },
  });
}

async function readSkipped(
  { database }: Pick<Services, "database">,
  { uploadId }: Upload,
): Promise<ReceivedUpload["skipped"]> {
  const maxCount = SKIPPED_IN_ANSWER_MAX;
  const found = await listSkippedOfUpload(database, { uploadId, maxCount });
  return found.map(({ itemIndex, reason }) => ({ index: itemIndex, reason }));
}

const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

interface Arrival {
  started: StartOfBody;
  head: Omit<UploadHead, "way">;
}

/** Null when it has to go through the queue after all. */
async function tryDirectly(
  services: Needs,
  upload: AcceptedUpload,
  arrival: Arrival,
): Promise<DirectIngest | null> {
  const { start } = arrival.started;
  const bytes = start.byteLength;
  const sha256 = hashOf(start);
  try {
    await noteWhole(services, upload, { bytes, sha256 });
    const { encoding } = arrival.head;
    const direct = await ingestDirectly(services, upload, { body: start, encoding });
    if (direct === null) return null;
    // What became no item is kept as it came.
    const kept = isAllStored(direct) ? null : await keepBytes(services, upload, arrival);
    await finishUpload(services, upload, {
      ...direct.report,
      direct: { bytes, sha256, blobId: kept?.blobId ?? null },
    });
    return direct;
  } catch (error) {
    const { code } = toSafeError(error);
    if (code !== "unavailable" && code !== "internal") throw error;
    services.log.warn({ err: error, uploadId: upload.uploadId }, "not applied at once, queued");
    return null;
  }
}

/**
 * What is known of a small body before its items are written: the ledger tells by it what came before, and a refusal is
 * of all of it. One that has to wait in the line after all is noted again.
 */
async function noteWhole(
  { database: { sql } }: Pick<Services, "database">,
  { uploadId, hold }: AcceptedUpload,
  { bytes, sha256 }: { bytes: number; sha256: string },
): Promise<void> {
  const receipt = hold.state === "receiving" ? hold.receipt : null;
  await sql`
    update uploads set way = 'direct', bytes = ${bytes}, sha256 = ${sha256}
    where id = ${uploadId} and state = 'receiving' and receipt = coalesce(${receipt}, receipt)`;
}

/** Every byte became an item: nobody will miss the document that they came in. */
const isAllStored = ({ report, skipped }: DirectIngest) =>
  skipped.length === 0 && report.counts.stale === 0 && report.ignoredMembers.length === 0;

function keepBytes(services: Needs, upload: AcceptedUpload, { started, head }: Arrival) {
  const { sessionId, generation } = upload;
  return writeBlob(services, {
    sessionId,
    generation,
    purpose: "upload",
    mime: "application/octet-stream",
    ...(head.name !== null && { name: head.name }),
    source: countArrivals(services, upload, joinStart(started)),
  });
}

/** From here on the upload is the queue's: the answer may be given. */
async function storeForLater(
  services: Needs,
  upload: AcceptedUpload,
  arrival: Arrival,
): Promise<void> {
  const { blobId, bytes, sha256 } = await keepBytes(services, upload, arrival);
  await queueUpload(services, upload, { blobId, bytes, sha256 });
}

/**
 * A session that was made for a body that turned out to be broken goes again; otherwise its page tells. While the
 * database is away that is tried again, until this process ends and is buried.
 */
async function noteFailure(services: Needs, upload: AcceptedUpload, error: unknown): Promise<void> {
  const { draining, log } = services;
  // The row went with its session, or is somebody else's.
  if (isTakenOver(error) || (isAppError(error) && error.code === "gone")) return;
  try {
    await writeFailure(services, upload, error);
  } catch (cause) {
    if (isTakenOver(cause) || (isAppError(cause) && cause.code === "gone") || draining.aborted)
      return;
    log.warn(
      { err: cause, uploadId: upload.uploadId },
      "failed upload not noted, to be tried again",
    );
    setTimeout(() => void noteFailure(services, upload, error), NOTE_AGAIN_MS).unref();
  }
}

async function writeFailure(
  services: Needs,
  upload: AcceptedUpload,
  error: unknown,
): Promise<void> {
  const isBroken = isAppError(error) && error.code === "invalid_input";
  if (isBroken && (await removeBrokenSession(services, upload))) return;
  await failUpload(services, upload, { error });
}

/** Only by the request that still receives it: the one that has come in its place may bring the session something. */
const removeBrokenSession = (services: Needs, upload: AcceptedUpload): Promise<boolean> =>
  changeHeldUploadOrSession(services, upload, (tx) => removeMadeSession(tx, upload));
