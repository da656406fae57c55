import { type BroughtName, findBroughtName, SESSION_HEAD_BYTES } from "#lib/brought-session.ts";
import { AppError } from "#lib/errors.ts";
import { parseCutJson } from "#lib/parse-cut-json.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { openBlob } from "#server/blobs/open-blob.ts";
import { type AcceptedUpload, acceptUpload } from "#server/ingest/accept-upload.ts";
import { readUpload, requireUpload } from "#server/ingest/read-uploads.ts";
import { takeUploadIn } from "#server/ingest/receive-upload.ts";
import { replayUpload } from "#server/ingest/replay-upload.ts";
import { readStart } from "#server/ingest/read-start.ts";
import { queueUpload } from "#server/ingest/settle-upload.ts";
import type { Services } from "#server/services.ts";
import { openBroughtSession } from "#server/sessions/create-session.ts";
import type { ClaimedItem } from "./claim-item.ts";
import { handOver } from "./change-item.ts";
import { parseBrought } from "./line-rules.ts";

type Needs = Pick<
  Services,
  "database" | "blobs" | "bus" | "queue" | "log" | "processId" | "draining"
>;

/**
 * Brings the session of a line: a small one is stored when this resolves, others are the queue's like any upload. Safe to
 * run again: session and upload begin in one transaction, and are found by names that come from the line.
 */
export async function importItem(services: Needs, owner: Viewer, item: ClaimedItem): Promise<void> {
  if (item.uploadId !== null)
    await followUpload(services, owner, { ...item, uploadId: item.uploadId });
  else await bring(services, owner, item);
}

/** An upload that the line names, or that an earlier round made of it. */
async function followUpload(
  services: Needs,
  owner: Viewer,
  item: ClaimedItem & { uploadId: string },
): Promise<void> {
  const { uploadId } = item;
  const access = await requireUpload(services.database, owner, { uploadId, action: "ingest" });
  const { state, stored, unchanged, stale } = await readUpload(services.database, uploadId);
  const hasBroughtNothing = stored + unchanged + stale === 0;
  const isOver = state === "failed" || (state === "done" && hasBroughtNothing);
  if (item.round > 0 && isOver) await replayUpload(services, access, uploadId);
  await handOver(services, item, { sessionId: access.sessionId });
}

async function bring(services: Needs, owner: Viewer, item: ClaimedItem): Promise<void> {
  const head = { name: null, encoding: "identity" as const, announcedBytes: null };
  const idempotencyKey = `${item.batchId}/${item.index}/${item.round}`;
  const brought = await nameSession(services, item);
  const acceptance = await acceptUpload(services, owner, {
    openTarget: (tx) => openBroughtSession(tx, owner, brought),
    head: { ...head, way: "stream", idempotencyKey },
  });
  const { uploadId, sessionId } = acceptance.upload;
  if (!acceptance.isRepeat) {
    const { upload } = acceptance;
    if (item.blobId !== null) await giveBlob(services, upload, item.blobId);
    else
      await takeUploadIn(services, upload, {
        head: { ...head, idempotencyKey },
        body: bodyOf(item),
      });
  }
  await handOver(services, item, { sessionId, uploadId });
}

async function* bodyOf({ body }: ClaimedItem): AsyncGenerator<Uint8Array> {
  if (body === null) throw new AppError("gone", "The line is not kept any more");
  yield Buffer.from(body);
}

/** The line's bytes are the upload's from now on, without being copied. */
async function giveBlob(services: Needs, upload: AcceptedUpload, blobId: string): Promise<void> {
  const { sql } = services.database;
  const [blob] = await sql<{ bytes: number; sha256: string }[]>`
    update blobs set session_id = ${upload.sessionId}, generation = ${upload.generation}
    where id = ${blobId} and state = 'complete'
    returning bytes::float8 as bytes, sha256`;
  if (!blob) throw new AppError("gone", "The line is not kept any more");
  await queueUpload(services, upload, { blobId, ...blob });
}

/** What the line says, else what its document says of itself, else the line's own name: it is the same every time. */
async function nameSession(services: Needs, item: ClaimedItem) {
  const head = await readHead(services, item);
  const line = parseCutJson(new TextDecoder().decode(head)) ?? {};
  const brought = parseBrought(item.defaults, line) ?? {};
  const name: BroughtName = findBroughtName(head) ?? {
    source: "batch",
    externalId: `${item.batchId}/${item.index}`,
  };
  const isNamed = brought.sessionId !== undefined || brought.externalId !== undefined;
  return isNamed ? brought : { ...name, ...brought, source: name.source };
}

async function readHead(services: Needs, { body, blobId }: ClaimedItem): Promise<Uint8Array> {
  if (body !== null) return Buffer.from(body.slice(0, SESSION_HEAD_BYTES));
  if (blobId === null) throw new AppError("gone", "The line is not kept any more");
  const { stream } = await openBlob(services, blobId);
  try {
    const { start } = await readStart(stream, SESSION_HEAD_BYTES);
    return start.subarray(0, SESSION_HEAD_BYTES);
  } finally {
    stream.destroy();
  }
}
