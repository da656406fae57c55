import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "#lib/errors.ts";
import type { LiveError, Topic } from "#lib/live-protocol.ts";
import { parseResumeId } from "./client-frame.ts";
import type { EventFrame } from "./event-frame.ts";
import type { LiveHub } from "./hub.ts";
import { isOriginAccepted, type LiveAccess } from "./live-access.ts";
import { liveError } from "./live-error.ts";
import type { Subscriber } from "./subscription.ts";
import type { Watchers } from "./watchers.ts";

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  // Proxies that collect what they forward would hold events back.
  "x-accel-buffering": "no",
};

export interface LiveEventsOptions<Viewer> extends LiveAccess<Viewer> {
  hub: LiveHub;
  watchers: Watchers<Viewer>;
  topic: Topic;
  pingMs: number;
}

/**
 * Answers `GET /api/v1/sessions/:id/events`, and the same of a batch, with the topic's events as server-sent events, each
 * a `LiveEvent` or, last of all, a `LiveError`. Goes on after `Last-Event-ID` or `?cursor=`, both `generation-seq`. Throws
 * `unauthorized`, `forbidden`, `not_found` or `invalid_input` before the first byte; resolves when the stream began.
 */
export async function answerLiveEvents<Viewer>(
  request: IncomingMessage,
  response: ServerResponse,
  options: LiveEventsOptions<Viewer>,
): Promise<void> {
  const { hub, watchers, topic, pingMs } = options;
  const cursor = parseResumeId(findResumeId(request));
  const viewer = await requireAccess(request, topic, options);
  if (response.destroyed) return;

  response.writeHead(200, HEADERS);
  response.flushHeaders();
  const ping = setInterval(pinger(response), pingMs);
  const subscriber = new EventStreamSubscriber(response);
  const unsubscribe = hub.subscribe(topic, subscriber, cursor);
  const leave = watchers.add(viewer, {
    fail: (error) => subscriber.fail(error),
    cut: () => response.destroy(),
  });
  response.on("close", () => {
    clearInterval(ping);
    leave();
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
    if (this.#response.writableEnded) return onSent?.();
    this.#response.write(frame.eventStreamBytes, onSent && (() => onSent()));
  }

  bufferedBytes(): number {
    return this.#response.writableLength;
  }

  fail(error: LiveError) {
    this.#response.end(`data: ${JSON.stringify(error)}\n\n`);
  }
}

async function requireAccess<Viewer>(
  request: IncomingMessage,
  topic: Topic,
  { authenticate, authorize, isAllowedOrigin }: LiveAccess<Viewer>,
): Promise<Viewer> {
  // Unlike a socket, a page's own request for a stream has no Origin; one from elsewhere cannot read the answer.
  if (request.headers.origin !== undefined && !isOriginAccepted(request, isAllowedOrigin)) {
    throw new AppError("forbidden", "This page may not watch sessions here");
  }
  const viewer = await authenticate(request, topic);
  if (viewer === null) throw new AppError("unauthorized", "Sign in to watch this");
  if ((await authorize(viewer, topic)) === "not_found") {
    throw new AppError("not_found", liveError("not_found", topic).message);
  }
  return viewer;
}

/** The header wins: it is newer than the address when a browser connects again by itself. */
function findResumeId({ headers, url = "" }: IncomingMessage): string | null {
  const header = headers["last-event-id"];
  if (typeof header === "string") return header;
  return new URL(url, "http://localhost").searchParams.get("cursor");
}
