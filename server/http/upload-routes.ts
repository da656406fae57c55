import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { AppError, type ErrorCode } from "#lib/errors.ts";
import { isUploadId } from "#lib/ids.ts";
import { UPLOAD_ITEMS_MAX } from "#lib/limits.ts";
import type { Upload } from "#lib/upload.ts";
import { requireSession } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { openBlob } from "#server/blobs/open-blob.ts";
import {
  listDeadLetters,
  listUploads,
  readUpload,
  requireUpload,
} from "#server/ingest/read-uploads.ts";
import { receiveUpload } from "#server/ingest/receive-upload.ts";
import { replayUpload } from "#server/ingest/replay-upload.ts";
import { listSkippedOfUpload, type SkippedItem } from "#server/items/list-skipped-items.ts";
import type { Services } from "#server/services.ts";
import { queryOf, requireCaller, sendJson } from "./api-exchange.ts";
import type { Route } from "./api-route.ts";
import { encodeFileName } from "./encode-file-name.ts";
import { parseRequest } from "./parse-request.ts";
import { readUploadBody } from "./read-upload-body.ts";
import { readUploadHead } from "./read-upload-head.ts";
import { linksOf } from "./session-routes.ts";

const PAGE_UPLOADS_MAX = 100;
const PAGE_SKIPPED_MAX = 1_000;

/** Uploads: how they come in one request, how they do, and what was received. */
export const uploadRoutes: Route[] = [
  {
    path: /^\/api\/v1\/sessions\/([^/]+)\/ingest$/,
    methods: {
      /** 200 when the items are stored, 202 when the bytes are durable and wait for a worker. */
      async POST({ services }, { request, response }, sessionId) {
        const viewer = await requireCaller(services, request, "ingest");
        const head = readUploadHead(request.headers);
        const { upload, skipped } = await receiveUpload(services, viewer, {
          sessionId,
          head,
          body: readUploadBody(request),
        });
        if (upload.state === "failed") throw failureOf(upload);
        const status = `/api/v1/uploads/${upload.uploadId}`;
        const links = { ...linksOf(sessionId), status, skippedItems: `${status}/skipped` };
        sendJson(response, upload.state === "done" ? 200 : 202, { upload, skipped, ...links });
      },
    },
  },
  {
    path: /^\/api\/v1\/sessions\/([^/]+)\/uploads$/,
    methods: {
      async GET({ services, services: { database } }, { request, response }, sessionId) {
        const viewer = await requireCaller(services, request);
        const access = await requireSession(database, viewer, { sessionId, action: "ingest" });
        const uploads = await listUploads(database, access, readPage(request));
        sendJson(response, 200, { uploads });
      },
    },
  },
  {
    path: /^\/api\/v1\/uploads$/,
    methods: {
      /** Dead letters: what failed for good. */
      async GET({ services, services: { database } }, { request, response }) {
        const viewer = await requireCaller(services, request, "read");
        const { state } = parseRequest(listQuery, queryOf(request));
        if (state !== "failed") throw new AppError("invalid_input", "Ask for state=failed");
        const uploads = await listDeadLetters(database, viewer, readPage(request));
        sendJson(response, 200, { uploads });
      },
    },
  },
  {
    path: /^\/api\/v1\/uploads\/([^/]+)$/,
    methods: {
      async GET({ services, services: { database } }, { request, response }, uploadId) {
        const viewer = await requireCaller(services, request);
        await requireUpload(database, viewer, { uploadId, action: "ingest" });
        sendJson(response, 200, { upload: await readUpload(database, uploadId) });
      },
    },
  },
  {
    path: /^\/api\/v1\/uploads\/([^/]+)\/skipped$/,
    methods: {
      /** By their place in the upload; `next` is the place to go on behind, null at the end. */
      async GET({ services, services: { database } }, { request, response }, uploadId) {
        const viewer = await requireCaller(services, request);
        await requireUpload(database, viewer, { uploadId, action: "ingest" });
        const { limit, after } = parseRequest(skippedQuery, queryOf(request));
        const query = { uploadId, maxCount: limit + 1, afterIndex: after };
        const found = await listSkippedOfUpload(database, query);
        const skipped = found.slice(0, limit).map(toSkipped);
        const next = found.length > limit ? (skipped.at(-1)?.index ?? null) : null;
        sendJson(response, 200, { uploadId, skipped, next });
      },
    },
  },
  {
    path: /^\/api\/v1\/uploads\/([^/]+)\/replay$/,
    methods: {
      async POST({ services, services: { database } }, { request, response }, uploadId) {
        const viewer = await requireCaller(services, request);
        const access = await requireUpload(database, viewer, { uploadId, action: "ingest" });
        await replayUpload(services, access, uploadId);
        sendJson(response, 202, { upload: await readUpload(database, uploadId) });
      },
    },
  },
  {
    path: /^\/api\/v1\/uploads\/([^/]+)\/raw$/,
    methods: {
      async GET({ services }, { request, response }, uploadId) {
        const viewer = await requireCaller(services, request);
        await sendReceivedBytes(services, { viewer, response, uploadId });
      },
    },
  },
];

/** What a repeated request has to hear of an upload that has failed since. */
function failureOf({ uploadId, error }: Upload): AppError {
  const { code, message } = error ?? { code: "internal", message: "The upload failed" };
  return new AppError(code as ErrorCode, message, { details: { uploadId } });
}

/** Exactly what was received, as a file: whatever it holds, the browser must not run it. */
async function sendReceivedBytes(
  { database, blobs }: Pick<Services, "database" | "blobs">,
  { viewer, response, uploadId }: { viewer: Viewer; response: ServerResponse; uploadId: string },
): Promise<void> {
  await requireUpload(database, viewer, { uploadId, action: "read" });
  const [upload] = await database.sql<{ blobId: string | null; name: string | null }[]>`
    select blob_id as "blobId", name from uploads where id = ${uploadId}`;
  if (!upload?.blobId) throw new AppError("gone", "The received bytes are not kept any more");
  const { stream, totalBytes } = await openBlob({ database, blobs }, upload.blobId);
  const name = encodeFileName(upload.name ?? `${uploadId}.json`);
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-length": totalBytes,
    "content-disposition": `attachment; filename*=UTF-8''${name}`,
  });
  await pipeline(stream, response);
}

const listQuery = z.object({
  state: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_UPLOADS_MAX).default(PAGE_UPLOADS_MAX),
  before: z.string().refine(isUploadId, "This is not an upload id").optional(),
});

const skippedQuery = z.object({
  limit: z.coerce.number().int().min(1).max(PAGE_SKIPPED_MAX).default(PAGE_SKIPPED_MAX),
  after: z.coerce.number().int().min(-1).max(UPLOAD_ITEMS_MAX).default(-1),
});

const toSkipped = ({ itemIndex, byteSize, reason, type, messageId, partId }: SkippedItem) => ({
  index: itemIndex,
  byteSize,
  reason,
  type,
  messageId,
  partId,
});

function readPage(request: IncomingMessage): { limit: number; before: string | undefined } {
  const { limit, before } = parseRequest(listQuery, queryOf(request));
  return { limit, before };
}
