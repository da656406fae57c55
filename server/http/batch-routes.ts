import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { lineChoices } from "#lib/batch.ts";
import { MISSING_PAGE_RANGES } from "#lib/batch-lines/read-all-missing.ts";
import { isBatchId } from "#lib/ids.ts";
import { BATCH_LINES_MAX } from "#lib/limits.ts";
import { abortBatch, retryFailed } from "#server/batches/change-batch.ts";
import { createBatch, newBatch } from "#server/batches/create-batch.ts";
import { findMissing } from "#server/batches/find-missing.ts";
import { enqueueBatch } from "#server/batches/process-batch-job.ts";
import {
  type BatchAction,
  listBatches,
  listItems,
  listMarkers,
  readBatch,
  requireBatch,
} from "#server/batches/read-batches.ts";
import { readResults } from "#server/batches/read-results.ts";
import { receiveLines } from "#server/batches/receive-lines.ts";
import { sealBatch } from "#server/batches/seal-batch.ts";
import { waitForBatch } from "#server/batches/wait-for-batch.ts";
import type { Services } from "#server/services.ts";
import { queryOf, readJson, requireCaller, sendJson } from "./api-exchange.ts";
import type { Route } from "./api-route.ts";
import { parseRequest } from "./parse-request.ts";
import { readUploadBody } from "./read-upload-body.ts";
import { readEncoding, requireType } from "./read-upload-head.ts";

const REQUEST_MAX_BYTES = 1024 * 1024;
const PAGE_BATCHES_MAX = 100;
const PAGE_ITEMS_MAX = 1_000;
const WAIT_MAX_SECONDS = 60;

/** A reader who takes no byte for so long has gone. */
const STALLED_MS = 15 * 60_000;

const lineTypes = ["application/x-ndjson", "application/ndjson", "application/jsonl"];

/** Many sessions at once, see `docs/batches.md`. */
export const batchRoutes: Route[] = [
  {
    path: /^\/api\/v1\/batches$/,
    methods: {
      /** 201 for a new batch, 200 for the one that the same idempotency key made. */
      async POST({ services }, { request, response }) {
        const viewer = await requireCaller(services, request);
        const asked = parseRequest(newBatch, await readJson(request, REQUEST_MAX_BYTES));
        const { batchId, isNew } = await createBatch(services, viewer, asked);
        await sendBatch(services, response, { batchId, status: isNew ? 201 : 200 });
      },
      async GET({ services }, { request, response }) {
        const viewer = await requireCaller(services, request);
        const batches = await listBatches(
          services.database,
          viewer,
          parseRequest(listQuery, queryOf(request)),
        );
        sendJson(response, 200, { batches });
      },
    },
  },
  {
    path: /^\/api\/v1\/batches\/([^/]+)$/,
    methods: {
      async GET({ services }, { request, response }, id) {
        const { batchId } = await requireAccess(services, request, { id, action: "follow" });
        const { wait } = parseRequest(waitQuery, queryOf(request));
        if (wait > 0) {
          const timeoutMs = wait * 1_000;
          await waitForBatch(services, batchId, { timeoutMs, signal: whenClosed(response) });
        }
        await sendBatch(services, response, { batchId, status: 200 });
      },
    },
  },
  {
    path: /^\/api\/v1\/batches\/([^/]+)\/items$/,
    methods: {
      /** NDJSON: answered when each line is stored, or named with what is wrong with it. */
      async POST({ services }, { request, response }, id) {
        const batch = await requireAccess(services, request, { id, action: "fill" });
        const { headers } = request;
        requireType(headers["content-type"] ?? "", lineTypes);
        const { strict, firstIndex } = parseRequest(fillQuery, queryOf(request));
        const received = await receiveLines(services, batch, {
          body: readUploadBody(request),
          encoding: readEncoding(headers["content-encoding"]),
          isStrict: strict === "1",
          firstIndex,
        });
        sendJson(response, 200, received);
      },
      async GET({ services, services: { database } }, { request, response }, id) {
        const { batchId } = await requireAccess(services, request, { id, action: "follow" });
        const { state, ...page } = parseRequest(itemsQuery, queryOf(request));
        if (state === "unassigned") {
          const lines = await listMarkers(database, batchId, page);
          return sendJson(response, 200, { lines });
        }
        const items = await listItems(database, batchId, { ...page, state: state ?? null });
        sendJson(response, 200, { items });
      },
    },
  },
  {
    path: /^\/api\/v1\/batches\/([^/]+)\/missing$/,
    methods: {
      async GET({ services, services: { database } }, { request, response }, id) {
        const { batchId } = await requireAccess(services, request, { id, action: "follow" });
        const query = parseRequest(missingQuery, queryOf(request));
        const { missing, isCut } = await findMissing(database.sql, batchId, query);
        sendJson(response, 200, { missing, isMissingCut: isCut });
      },
    },
  },
  {
    path: /^\/api\/v1\/batches\/([^/]+)\/results$/,
    methods: {
      async GET({ services, services: { database } }, { request, response }, id) {
        const { batchId } = await requireAccess(services, request, { id, action: "read" });
        response.writeHead(200, { "content-type": "application/x-ndjson" });
        response.setTimeout(STALLED_MS, () => response.destroy());
        await pipeline(Readable.from(readResults(database, batchId)), response);
      },
    },
  },
  {
    path: /^\/api\/v1\/batches\/([^/]+)\/seal$/,
    methods: {
      async POST({ services }, { request, response }, id) {
        const { batchId } = await requireAccess(services, request, { id, action: "change" });
        await sealBatch(services, batchId, parseRequest(sealing, await readJson(request, 1_024)));
        await enqueueBatch(services, batchId);
        await sendBatch(services, response, { batchId, status: 200 });
      },
    },
  },
  {
    path: /^\/api\/v1\/batches\/([^/]+)\/abort$/,
    methods: {
      async POST({ services }, { request, response }, id) {
        const { batchId } = await requireAccess(services, request, { id, action: "change" });
        await abortBatch(services, batchId);
        await sendBatch(services, response, { batchId, status: 200 });
      },
    },
  },
  {
    path: /^\/api\/v1\/batches\/([^/]+)\/retry$/,
    methods: {
      async POST({ services }, { request, response }, id) {
        const { batchId } = await requireAccess(services, request, { id, action: "change" });
        const retried = await retryFailed(services, batchId);
        const batch = await readBatch(services.database, batchId);
        sendJson(response, 202, { ...retried, batch });
      },
    },
  },
];

async function requireAccess(
  services: Services,
  request: IncomingMessage,
  { id, action }: { id: string; action: BatchAction },
) {
  const viewer = await requireCaller(services, request);
  return requireBatch(services.database, viewer, { batchId: id, action });
}

async function sendBatch(
  { database }: Pick<Services, "database">,
  response: ServerResponse,
  { batchId, status }: { batchId: string; status: number },
): Promise<void> {
  const items = `/api/v1/batches/${batchId}/items`;
  sendJson(response, status, { batch: await readBatch(database, batchId), items });
}

const sealing = z.strictObject({
  /** Though lines are missing, or have no index. */
  allowGaps: z.boolean().default(false),
  /** Though lines have no index; not while others are missing. */
  allowUnassigned: z.boolean().default(false),
});

const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(PAGE_BATCHES_MAX).default(PAGE_BATCHES_MAX),
  before: z.string().refine(isBatchId, "This is not a batch id").optional(),
});

const waitQuery = z.object({
  wait: z.coerce.number().min(0).max(WAIT_MAX_SECONDS).default(0),
});

const missingQuery = z.object({
  /** The end of the last gap that is known. */
  after: z.coerce
    .number()
    .int()
    .min(-1)
    .max(BATCH_LINES_MAX - 1)
    .default(-1),
  limit: z.coerce.number().int().min(1).max(MISSING_PAGE_RANGES).default(1_000),
});

const fillQuery = z.object({
  strict: z.enum(["0", "1"]).default("0"),
  firstIndex: z.coerce
    .number()
    .int()
    .min(0)
    .max(BATCH_LINES_MAX - 1)
    .default(0),
});

const itemsQuery = z.object({
  state: z.enum([...lineChoices, "unassigned"]).optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_ITEMS_MAX).default(PAGE_ITEMS_MAX),
  /** Of a line that has no index: with `after`, the last line that is known. */
  afterSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hex")
    .optional(),
  /** An index; a place of lines that have none, which a request counts from its first index on. */
  after: z.coerce
    .number()
    .int()
    .min(-1)
    .max(2 * BATCH_LINES_MAX)
    .default(-1),
});

function whenClosed(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  if (response.closed) gone.abort();
  return gone.signal;
}
