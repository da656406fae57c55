import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { STREAM_EVENTS_MS } from "#lib/limits.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Services } from "#server/services.ts";
import { isJson, isText } from "#server/streams/content-type.ts";
import { eventText, findTextEnd } from "#server/streams/event-text.ts";
import type { StreamRow } from "#server/streams/find-stream.ts";
import { requireRest, requireSameValue } from "#server/streams/output-stream.ts";
import { findChunkEnd, readChunk } from "#server/streams/stream-chunk.ts";
import { nextCursor } from "#server/streams/stream-cursor.ts";
import { formatOffset } from "#lib/stream-offset.ts";
import { type Follower, followStream } from "#server/streams/stream-watch.ts";
import type { Exchange } from "./api-route.ts";
import { watchAccess } from "./stream-access.ts";

const EVENT_MAX_BYTES = 64 * 1024;

interface Reading {
  stream: StreamRow;
  from: number;
  asked: { cursor: string | null };
}

/**
 * Sends a stream as server-sent events: bytes in `data`, and after each where they end in `control`. Ends
 * after a minute, where the stream ends, and with the reader's right to read. The reader sets the pace. Throws `gone`, and
 * so breaks the connection, where an output ended in the middle or another value came in its place.
 */
export async function sendStreamEvents(
  services: Services,
  { request, response, viewer }: Exchange & { viewer: Viewer },
  { stream, from, asked }: Reading,
): Promise<void> {
  const follower = followStream(services, stream);
  const access = watchAccess(services, request, viewer);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const over = AbortSignal.any([
    gone.signal,
    services.draining,
    access.ended,
    AbortSignal.timeout(lifeMs(stream)),
  ]);
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",
    ...(!isText(stream.contentType) && { "stream-sse-data-encoding": "base64" }),
    ...(stream.output && { "x-output-state": stream.output.state }),
  });
  response.flushHeaders();
  try {
    await sendUntil(over, { services, response, follower, stream, from, cursor: asked.cursor });
    response.end();
  } finally {
    follower.leave();
    access.leave();
  }
}

/** Half of a stream's time to live at most, as for those who poll. */
const lifeMs = ({ ttlSeconds }: StreamRow): number =>
  ttlSeconds === null ? STREAM_EVENTS_MS : Math.min(STREAM_EVENTS_MS, ttlSeconds * 500);

interface Sending {
  services: Services;
  response: ServerResponse;
  follower: Follower;
  stream: StreamRow;
  from: number;
  cursor: string | null;
}

async function sendUntil(over: AbortSignal, sending: Sending): Promise<void> {
  const { services, response, follower } = sending;
  let { stream, from } = sending;
  for (let isFirst = true; ; isFirst = false) {
    const event = await readEvent(services, stream, from);
    from = event.to;
    const isClosed = stream.isClosed && from === stream.tail;
    if (isFirst || event.text !== "" || isClosed) {
      const isUpToDate = from === stream.tail || event.isWaiting;
      const isReplaced = stream.output?.isReplaced;
      const { cursor } = sending;
      const control = controlEvent({ from, isReplaced, isUpToDate, isClosed, cursor });
      await write(response, event.text + control, over);
    }
    if (isClosed || over.aborted) return;
    if (from < stream.tail && !event.isWaiting) continue;
    requireRest(stream);
    const news = await follower.waitForMore(stream, over);
    if (news === null || over.aborted) return;
    requireSameValue(news, { from, isReplaced: stream.output?.isReplaced ?? false });
    stream = news;
  }
}

interface ReadEvent {
  /** Empty when there is nothing to say. */
  text: string;
  to: number;
  /** All that is there is the beginning of a character. */
  isWaiting: boolean;
}

async function readEvent(services: Services, stream: StreamRow, from: number): Promise<ReadEvent> {
  if (from === stream.tail) return { text: "", to: from, isWaiting: false };
  const maxBytes = EVENT_MAX_BYTES;
  const to = await findChunkEnd(services, stream, { from, maxBytes });
  const chunks: Uint8Array[] = [];
  for await (const chunk of readChunk(services, stream, { from, to })) chunks.push(chunk);
  const data = Buffer.concat(chunks);
  if (!isText(stream.contentType))
    return { text: eventText(data.toString("base64")), to, isWaiting: false };
  if (isJson(stream.contentType))
    return { text: eventText(data.toString("utf8")), to, isWaiting: false };
  const isLast = stream.isClosed && to === stream.tail;
  const length = isLast ? data.byteLength : findTextEnd(data, { hasMore: to < stream.tail });
  if (length === 0) return { text: "", to: from, isWaiting: true };
  const text = eventText(data.subarray(0, length).toString("utf8"));
  return { text, to: from + length, isWaiting: length < data.byteLength && to === stream.tail };
}

function controlEvent({
  from,
  isReplaced,
  isUpToDate,
  isClosed,
  cursor,
}: {
  from: number;
  isReplaced: boolean | undefined;
  isUpToDate: boolean;
  isClosed: boolean;
  cursor: string | null;
}): string {
  const control = {
    streamNextOffset: formatOffset(from, { isReplaced }),
    ...(!isClosed && { streamCursor: nextCursor(cursor) }),
    ...(isUpToDate && { upToDate: true }),
    ...(isClosed && { streamClosed: true }),
  };
  return `event: control\ndata:${JSON.stringify(control)}\n\n`;
}

/** Resolves when there is room for more, or nobody reads any more. */
async function write(response: ServerResponse, text: string, over: AbortSignal): Promise<void> {
  if (response.write(text)) return;
  await once(response, "drain", { signal: over }).catch((error: unknown) => {
    if (!over.aborted) throw error;
  });
}
