import { isAppError } from "#lib/errors.ts";
import { DIRECT_INGEST_MAX_BYTES } from "#lib/limits.ts";
import type { Upload } from "#lib/upload.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { writeBlob } from "#server/blobs/write-blob.ts";
import { toSafeError } from "#server/database/to-safe-error.ts";
import { announce, transact } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";
import { openSessionForPush } from "#server/sessions/create-session.ts";
import { type AcceptedUpload, acceptUpload, type UploadHead } from "./accept-upload.ts";
import { changeUpload } from "./change-upload.ts";
import { decodeBody } from "./decode-body.ts";
import { type DirectIngest, ingestDirectly } from "./ingest-directly.ts";
import { joinStart, readStart, type StartOfBody } from "./read-start.ts";
import { readUpload } from "./read-uploads.ts";
import { failUpload, finishUpload, queueUpload } from "./settle-upload.ts";

type Needs = Pick<Services, "database" | "blobs" | "bus" | "queue" | "log" | "processId">;

export interface IncomingUpload {
  sessionId: string;
  head: Omit<UploadHead, "way">;
  body: AsyncIterable<Uint8Array>;
}

export interface ReceivedUpload {
  upload: Upload;
  /** Items of a small body that were not stored. */
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
  const target = await openSessionForPush(services, viewer, {
    sessionId,
    fileName: head.name,
  });
  const acceptance = await acceptUpload(services, viewer, {
    target,
    head: { ...head, way: "stream" },
  });
  if (acceptance.isRepeat) return { upload: acceptance.upload, skipped: [] };
  const { upload } = acceptance;
  try {
    const started = await readStart(decodeBody(body, "identity"), DIRECT_INGEST_MAX_BYTES);
    const isSmall = started.rest === null;
    const direct = isSmall ? await tryDirectly(services, upload, { started, head }) : null;
    if (!direct) await storeForLater(services, upload, { started, head });
    return {
      upload: await readUpload(services.database, upload.uploadId),
      skipped: direct?.skipped ?? [],
    };
  } catch (error) {
    await noteFailure(services, upload, { error, isFirst: target.isNew });
    throw error;
  }
}

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
  try {
    const { encoding } = arrival.head;
    const direct = await ingestDirectly(services, upload, { body: start, encoding });
    if (direct === null) return null;
    // What became no item is kept as it came.
    const kept = direct.skipped.length > 0 ? await keepBytes(services, upload, arrival) : null;
    await changeUpload(services, upload, async (tx) => {
      await tx`
        update uploads
        set way = 'direct', bytes = ${start.byteLength}, blob_id = ${kept?.blobId ?? null},
          sha256 = ${kept?.sha256 ?? null}
        where id = ${upload.uploadId}`;
    });
    await finishUpload(services, upload, direct.report);
    return direct;
  } catch (error) {
    const { code } = toSafeError(error);
    if (code !== "unavailable" && code !== "internal") throw error;
    services.log.warn({ err: error, uploadId: upload.uploadId }, "not applied at once, queued");
    return null;
  }
}

function keepBytes(services: Needs, upload: AcceptedUpload, { started, head }: Arrival) {
  const { sessionId, generation } = upload;
  return writeBlob(services, {
    sessionId,
    generation,
    purpose: "upload",
    mime: "application/octet-stream",
    ...(head.name !== null && { name: head.name }),
    source: joinStart(started),
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

/** A session that was made for a body that turned out to be broken goes again; otherwise its page tells. */
async function noteFailure(
  services: Needs,
  upload: AcceptedUpload,
  { error, isFirst }: { error: unknown; isFirst: boolean },
): Promise<void> {
  // The row went with its session.
  if (isAppError(error) && error.code === "gone") return;
  try {
    if (isFirst && isAppError(error) && error.code === "invalid_input") {
      if (await removeEmptySession(services, upload)) return;
    }
    await failUpload(services, upload, { error });
  } catch (cause) {
    // The first error is the one to answer; the row is found by the burial of this process.
    services.log.warn({ err: cause, uploadId: upload.uploadId }, "failed upload not noted");
  }
}

async function removeEmptySession(
  services: Needs,
  { uploadId, sessionId, generation }: AcceptedUpload,
): Promise<boolean> {
  return transact(services, async (tx) => {
    await tx`select 1 from sessions where id = ${sessionId} for update`;
    const [removed] = await tx<{ teamId: string }[]>`
      delete from sessions
      where id = ${sessionId} and generation = ${generation} and generation = 1
        and not exists (select from items where session_id = ${sessionId})
        and not exists (select from prompts where session_id = ${sessionId})
        and not exists (
          select from uploads where session_id = ${sessionId} and id <> ${uploadId}
        )
      returning team_id as "teamId"`;
    if (removed) announce(tx, { kind: "state", sessionId, teamId: removed.teamId });
    return removed !== undefined;
  });
}
