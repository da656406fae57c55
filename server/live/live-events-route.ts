import type { IncomingMessage, ServerResponse } from "node:http";
import { SOCKET_PING_MS } from "#lib/limits.ts";
import type { LiveError, Topic } from "#lib/live-protocol.ts";
import { parseResumeId } from "./client-frame.ts";
import type { EventFrame } from "./event-frame.ts";
import type { LiveHub } from "./hub.ts";
import type { Subscriber } from "./subscription.ts";

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  // Proxies that collect what they forward would hold events back.
  "x-accel-buffering": "no",
};

/** Where the stream of a session is; the first group is the session's id. */
export const LIVE_EVENTS_PATH = /^\/api\/v1\/sessions\/([\w-]{1,256})\/events$/;

export interface LiveEventsOptions {
  hub: LiveHub;
  /** A session that the caller may read: who asks was checked before. */
  sessionId: string;
  /** Shorter in tests. */
  pingMs?: number;
}

/**
 * Answers `GET /api/v1/sessions/:id/events` with the session's events as server-sent events, each a `LiveEvent` or,
 * last of all, a `LiveError`. Goes on after `Last-Event-ID` or `?cursor=`, both `generation-seq`. Throws
 * `invalid_input` before the first byte; resolves when the stream began.
 */
export async function handleLiveEvents(
  request: IncomingMessage,
  response: ServerResponse,
  { hub, sessionId, pingMs = SOCKET_PING_MS }: LiveEventsOptions,
): Promise<void> {
  const cursor = parseResumeId(findResumeId(request));
  if (response.destroyed) return;
  response.writeHead(200, HEADERS);
  response.flushHeaders();
  const ping = setInterval(pinger(response), pingMs);
  const topic: Topic = `session:${sessionId}`;
  const unsubscribe = hub.subscribe(topic, new EventStreamSubscriber(response), cursor);
  response.on("close", () => {
    clearInterval(ping);
    unsubscribe();
  });
}

/** Ends a stream whose reader took nothing of what waits for it since the last ping. */
function pinger(response: ServerResponse): () => void {
  let bufferedBytes = 0;
  return () => {
    if (bufferedBytes > 0 && response.writableLength >= bufferedBytes) return response.destroy();
    if (!response.writableEnded) response.write(": ping\n\n");
    bufferedBytes = response.writableLength;
  };
}

class EventStreamSubscriber implements Subscriber {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  send(frame: EventFrame, onSent?: () => void) {
    this.#response.write(frame.eventStreamBytes, onSent && (() => onSent()));
  }

  bufferedBytes(): number {
    return this.#response.writableLength;
  }

  fail(error: LiveError) {
    this.#response.end(`data: ${JSON.stringify(error)}\n\n`);
  }
}

/** The header wins: it is newer than the address when a browser connects again by itself. */
function findResumeId({ headers, url = "" }: IncomingMessage): string | null {
  const header = headers["last-event-id"];
  if (typeof header === "string") return header;
  return new URL(url, "http://localhost").searchParams.get("cursor");
}
