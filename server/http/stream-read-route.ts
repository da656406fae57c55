import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AppError } from "#lib/errors.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Services } from "#server/services.ts";
import { isJson } from "#server/streams/content-type.ts";
import { nextCursor } from "#server/streams/stream-cursor.ts";
import {
  getStream,
  requireLive,
  type StreamRef,
  type StreamRow,
  touchStream,
} from "#server/streams/find-stream.ts";
import {
  chunkLength,
  findChunkEnd,
  isMessageStart,
  readChunk,
} from "#server/streams/stream-chunk.ts";
import { followStream } from "#server/streams/stream-watch.ts";
import { requireRest, requireSameValue } from "#server/streams/output-stream.ts";
import type { Exchange } from "./api-route.ts";
import { watchAccess } from "./stream-access.ts";
import { sendStreamEvents } from "./stream-events.ts";
import { endHeaders } from "./stream-headers.ts";
import { readQuery, type ReadRequest } from "./stream-request.ts";

/** A reader who takes no byte for so long has gone. */
const STALLED_MS = 60_000;

/** Answers a read of any mode: what is there, or what comes. */
export async function answerRead(
  services: Services,
  exchange: Exchange & { viewer: Viewer },
  ref: StreamRef,
): Promise<void> {
  const asked = readQuery(exchange.request);
  const stream = await getStream(services.database.sql, ref);
  const from = await findStart(services, stream, asked);
  await touchStream(services.database.sql, stream);
  const reading = { stream, from, asked };
  if (asked.live !== null && from === stream.tail) requireRest(stream);
  if (asked.live === "sse") return sendStreamEvents(services, exchange, reading);
  if (asked.live === "long-poll" && from === stream.tail)
    return answerLongPoll(services, exchange, reading);
  await sendChunk(services, exchange, reading);
}

interface Reading {
  stream: StreamRow;
  from: number;
  asked: ReadRequest;
}

async function findStart(
  services: Services,
  stream: StreamRow,
  { offset }: ReadRequest,
): Promise<number> {
  const { position, isReplaced } = offset;
  if (position === "now") return stream.tail;
  requireSameValue(stream, { from: position, isReplaced });
  const isStart =
    position <= stream.tail &&
    (stream.output !== null || !isReplaced) &&
    (!isJson(stream.contentType) || (await isMessageStart(services, stream, position)));
  if (isStart) return position;
  throw new AppError("invalid_input", "The stream has no such offset", {
    details: { field: "offset" },
  });
}

async function answerLongPoll(
  services: Services,
  exchange: Exchange & { viewer: Viewer },
  { stream, from, asked }: Reading,
): Promise<void> {
  const { request, response, viewer } = exchange;
  if (stream.isClosed) return sendNothing(response, stream, asked);
  const follower = followStream(services, stream);
  const access = watchAccess(services, request, viewer);
  const over = AbortSignal.any([
    whenClosed(response),
    services.draining,
    access.ended,
    AbortSignal.timeout(longPollMs(services, stream)),
  ]);
  let news: StreamRow;
  try {
    news = requireLive(await follower.waitForMore(stream, over));
  } finally {
    follower.leave();
    access.leave();
  }
  if (access.ended.aborted) throw new AppError("unauthorized", "You may not read this any more");
  const isReplaced = stream.output?.isReplaced ?? false;
  requireSameValue(news, { from, isReplaced });
  if (news.tail === from) requireRest(news);
  if (news.tail === from) return sendNothing(response, news, asked);
  await sendChunk(services, exchange, { stream: news, from, asked });
}

/** Half of a stream's time to live at most: whoever waits on comes again in time to keep it. */
const longPollMs = (
  { environment: { STREAM_LONG_POLL_MS } }: Pick<Services, "environment">,
  { ttlSeconds }: StreamRow,
): number =>
  ttlSeconds === null ? STREAM_LONG_POLL_MS : Math.min(STREAM_LONG_POLL_MS, ttlSeconds * 500);

function sendNothing(response: ServerResponse, stream: StreamRow, { cursor }: ReadRequest): void {
  response.writeHead(204, {
    "cache-control": "no-store",
    ...endHeaders(stream),
    "stream-up-to-date": "true",
    ...(!stream.isClosed && { "stream-cursor": nextCursor(cursor) }),
  });
  response.end();
}

/** What is stored from `from` on, as much as one read brings. */
async function sendChunk(
  services: Services,
  { request, response }: Exchange,
  { stream, from, asked }: Reading,
): Promise<void> {
  const to = await findChunkEnd(services, stream, { from });
  const headers = chunkHeaders({ stream, from, asked }, to);
  const { etag } = headers;
  if (asked.live === null && isKnown(request.headers["if-none-match"], etag))
    return void response.writeHead(304, headers).end();
  response.writeHead(200, {
    ...headers,
    "content-type": stream.contentType,
    "content-length": chunkLength(stream.contentType, { from, to }),
  });
  response.setTimeout(STALLED_MS, () => response.destroy());
  await pipeline(Readable.from(readChunk(services, stream, { from, to })), response);
}

function chunkHeaders({ stream, from, asked }: Reading, to: number): OutgoingHttpHeaders {
  const isAtEnd = to === stream.tail;
  const isClosed = isAtEnd && stream.isClosed;
  const isNow = asked.offset.position === "now";
  const { output } = stream;
  const marks = `${output?.isReplaced ? ":r" : ""}${isClosed ? ":c" : ""}`;
  return {
    // Kept by the reader alone, who asks each time whether it is still the same.
    "cache-control": isNow ? "no-store" : "private, no-cache",
    ...(!isNow && { etag: `"${stream.streamId}:${from}:${to}${marks}"` }),
    ...endHeaders({ tail: to, isClosed, output }),
    ...(isAtEnd && { "stream-up-to-date": "true" }),
    ...(asked.live !== null && !isClosed && { "stream-cursor": nextCursor(asked.cursor) }),
  };
}

function isKnown(ifNoneMatch: string | undefined, etag: unknown): boolean {
  if (ifNoneMatch === undefined || typeof etag !== "string") return false;
  const known = ifNoneMatch.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return known.includes(etag) || known.includes("*");
}

function whenClosed(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  if (response.closed) gone.abort();
  return gone.signal;
}
