import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { AppError } from "#lib/errors.ts";
import { findCaller } from "#server/accounts/find-caller.ts";
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
import type { Services } from "#server/services.ts";
import { broughtSession, createSession } from "#server/sessions/create-session.ts";
import { deleteSession } from "#server/sessions/remove-session.ts";
import type { Route } from "./api-route.ts";
import { parseRequest } from "./parse-request.ts";
import { readBody } from "./read-body.ts";
import { readUploadHead } from "./read-upload-head.ts";

const REQUEST_MAX_BYTES = 64 * 1024;
const PAGE_UPLOADS_MAX = 100;

/** Sessions that are brought here, and the uploads that bring their items. */
export const uploadRoutes: Route[] = [
  {
    path: /^\/api\/v1\/sessions$/,
    methods: {
      /** 201 for a new session, 200 for one that was there. */
      async POST({ services }, { request, response }) {
        const viewer = await requireCaller(services, request);
        const brought = parseRequest(broughtSession, await readJson(request));
        const { sessionId, isNew } = await createSession(services, viewer, brought);
        sendJson(response, isNew ? 201 : 200, { sessionId, isNew, ...linksOf(sessionId) });
      },
    },
  },
  {
    path: /^\/api\/v1\/sessions\/([^/]+)$/,
    methods: {
      async DELETE({ services }, { request, response }, sessionId) {
        const viewer = await requireCaller(services, request);
        const access = await requireSession(services.database, viewer, {
          sessionId,
          action: "write",
        });
        await deleteSession(services, access);
        response.writeHead(204).end();
      },
    },
  },
  {
    path: /^\/api\/v1\/sessions\/([^/]+)\/ingest$/,
    methods: {
      /** 200 when the items are stored, 202 when the bytes are durable and wait for a worker. */
      async POST({ services }, { request, response }, sessionId) {
        const viewer = await requireCaller(services, request);
        const head = readUploadHead(request.headers);
        const { upload, skipped } = await receiveUpload(services, viewer, {
          sessionId,
          head,
          body: request,
        });
        const links = { ...linksOf(sessionId), status: `/api/v1/uploads/${upload.uploadId}` };
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
        const viewer = await requireCaller(services, request);
        const { state } = parseRequest(listQuery, Object.fromEntries(queryOf(request)));
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
        await requireUpload(database, viewer, uploadId);
        sendJson(response, 200, { upload: await readUpload(database, uploadId) });
      },
    },
  },
  {
    path: /^\/api\/v1\/uploads\/([^/]+)\/replay$/,
    methods: {
      async POST({ services, services: { database } }, { request, response }, uploadId) {
        const viewer = await requireCaller(services, request);
        const access = await requireUpload(database, viewer, uploadId);
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

async function requireCaller(
  services: Pick<Services, "database" | "log" | "environment">,
  { headers }: IncomingMessage,
): Promise<Viewer> {
  const viewer = await findCaller(services, headers);
  if (!viewer) throw new AppError("unauthorized", "Sign in, or send an API token");
  return viewer;
}

/** Exactly what was received, as a file: whatever it holds, the browser must not run it. */
async function sendReceivedBytes(
  { database, blobs }: Pick<Services, "database" | "blobs">,
  { viewer, response, uploadId }: { viewer: Viewer; response: ServerResponse; uploadId: string },
): Promise<void> {
  const { sessionId } = await requireUpload(database, viewer, uploadId);
  await requireSession(database, viewer, { sessionId, action: "read" });
  const [upload] = await database.sql<{ blobId: string | null; name: string | null }[]>`
    select blob_id as "blobId", name from uploads where id = ${uploadId}`;
  if (!upload?.blobId) throw new AppError("gone", "The received bytes are not kept any more");
  const { stream, totalBytes } = await openBlob({ database, blobs }, upload.blobId);
  const name = encodeURIComponent(upload.name ?? `${uploadId}.json`);
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-length": totalBytes,
    "content-disposition": `attachment; filename*=UTF-8''${name}`,
  });
  await pipeline(stream, response);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request, REQUEST_MAX_BYTES);
  if (body.byteLength === 0) return {};
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw new AppError("invalid_input", "The request is not JSON", { cause });
  }
}

const listQuery = z.object({
  state: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_UPLOADS_MAX).default(PAGE_UPLOADS_MAX),
  before: z.string().max(64).optional(),
});

const queryOf = ({ url = "" }: IncomingMessage) => new URL(url, "http://localhost").searchParams;

function readPage(request: IncomingMessage): { limit: number; before: string | undefined } {
  const { limit, before } = parseRequest(listQuery, Object.fromEntries(queryOf(request)));
  return { limit, before };
}

const linksOf = (sessionId: string) => ({
  page: `/sessions/${sessionId}`,
  ingest: `/api/v1/sessions/${sessionId}/ingest`,
});

function sendJson(response: ServerResponse, status: number, content: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(content));
}
