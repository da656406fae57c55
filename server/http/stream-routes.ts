import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { requireTeamAction, type SessionAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Services } from "#server/services.ts";
import { appendToStream } from "#server/streams/append-to-stream.ts";
import { createStream } from "#server/streams/create-stream.ts";
import { requireOutput } from "#server/outputs/read-outputs.ts";
import { outputIdOfPath, refuseOutputPath } from "#server/streams/output-stream.ts";
import { getStream, type StreamRef } from "#server/streams/find-stream.ts";
import { deleteStream } from "#server/streams/remove-stream.ts";
import type { StreamRoom } from "#server/streams/stream-quota.ts";
import { parseStreamPath, STREAMS_PREFIX } from "#server/streams/stream-path.ts";
import { requireCaller } from "./api-exchange.ts";
import type { Exchange, Route, RouteHandler } from "./api-route.ts";
import { readUploadBody } from "./read-upload-body.ts";
import { requestOrigin } from "./request-origin.ts";
import { sendAnswer } from "./send-answer.ts";
import { answerRead } from "./stream-read-route.ts";
import {
  endHeaders,
  preflightHeaders,
  setReadableElsewhere,
  withStreamHeaders,
} from "./stream-headers.ts";
import { readAppend, readCreation } from "./stream-request.ts";

type StreamHandler = (
  services: Services,
  exchange: Exchange & { viewer: Viewer },
  ref: StreamRef,
) => Promise<void>;

/** Append-only streams of a team: the Durable Streams protocol, see `docs/streams.md`. */
export const streamRoutes: Route[] = [
  {
    path: new RegExp(`^${STREAMS_PREFIX}(.+)$`),
    methods: {
      GET: authorised("read", answerRead),
      HEAD: authorised("read", describe),
      PUT: authorised("ingest", create),
      POST: authorised("ingest", append),
      DELETE: authorised("write", remove),
      OPTIONS(_, { response }) {
        setReadableElsewhere(response);
        response.writeHead(204, preflightHeaders).end();
      },
    },
  },
];

/** Every stream belongs to the team of whoever asks: those of others are not found. */
function authorised(action: SessionAction, handler: StreamHandler): RouteHandler {
  return async ({ services }, exchange, encodedPath) => {
    setReadableElsewhere(exchange.response);
    try {
      const viewer = await requireCaller(services, exchange.request, action);
      requireTeamAction(viewer, { teamId: viewer.teamId, action });
      const ref = { teamId: viewer.teamId, path: parseStreamPath(encodedPath) };
      const outputId = outputIdOfPath(ref.path);
      if (outputId !== null) {
        if (action !== "read") refuseOutputPath(ref.path);
        await requireOutput(services.database, viewer, { outputId, action });
      }
      await handler(services, { ...exchange, viewer }, ref);
    } catch (error) {
      throw withStreamHeaders(error);
    }
  };
}

/** 201 for a new stream, 200 for the one that was made alike before. */
async function create(services: Services, exchange: Exchange, ref: StreamRef): Promise<void> {
  const { request } = exchange;
  const body = readUploadBody(request);
  const asked = { ...readCreation(request), ...roomOf(services, request), body };
  const { stream, isNew } = await createStream(services, ref, asked);
  answer(exchange, isNew ? 201 : 200, {
    "content-type": stream.contentType,
    ...endHeaders(stream),
    ...(isNew && { location: addressOf(services, exchange) }),
  });
}

/** 204; for an idempotent producer 200 when bytes were appended. */
async function append(services: Services, exchange: Exchange, ref: StreamRef): Promise<void> {
  const { request } = exchange;
  const body = readUploadBody(request);
  const asked = { ...readAppend(request), ...roomOf(services, request), body };
  const { tail, isClosed, outcome, producer } = await appendToStream(services, ref, asked);
  answer(exchange, asked.producer && outcome === "appended" ? 200 : 204, {
    ...endHeaders({ tail, isClosed }),
    ...(producer && { "producer-epoch": producer.epoch, "producer-seq": producer.lastSeq }),
  });
}

const roomOf = ({ environment }: Services, { headers }: IncomingMessage): StreamRoom => ({
  announcedBytes: Number(headers["content-length"] ?? 0),
  quotaBytes: environment.TEAM_STREAMS_MAX_BYTES,
});

async function describe(
  { database }: Services,
  { response }: Exchange,
  ref: StreamRef,
): Promise<void> {
  const stream = await getStream(database.sql, ref);
  const { ttlSeconds, expiresAt } = stream;
  response.writeHead(200, {
    "content-type": stream.contentType,
    "cache-control": "no-store",
    ...endHeaders(stream),
    ...(ttlSeconds !== null && { "stream-ttl": ttlSeconds }),
    ...(ttlSeconds === null && expiresAt !== null && { "stream-expires-at": expiresAt }),
  });
  response.end();
}

async function remove(services: Services, exchange: Exchange, ref: StreamRef): Promise<void> {
  await deleteStream(services, ref);
  answer(exchange, 204, {});
}

/** Without a body. */
function answer({ response }: Exchange, status: number, headers: OutgoingHttpHeaders) {
  sendAnswer(response, { status, headers });
}

const addressOf = (
  { environment }: Pick<Services, "environment">,
  { request, pathname }: { request: IncomingMessage; pathname: string },
) => requestOrigin(environment, request) + pathname;
