import type { ClientFrame, Cursor, LiveError, LiveEvent, Topic } from "#lib/live-protocol.ts";
import { createEventStreamParser } from "./event-stream-parser.ts";
import type { Transport, TransportHandlers } from "./transport.ts";

/** Lists have no stream of their own: this often they are told to read themselves again. */
const LIST_INTERVAL_MS = 15_000;

interface OpenEventStreamsOptions {
  /** Where `/api/v1/…` is. */
  baseUrl: string;
  fetchTicket: (() => Promise<string>) | null;
  handlers: TransportHandlers;
}

/** The same frames as over a socket, from one stream of server-sent events per session or batch. */
export function openEventStreams(options: OpenEventStreamsOptions): Transport {
  const { handlers } = options;
  const streams = new Map<Topic, AbortController>();

  const subscribe = (topic: Topic, cursor: Cursor | null) => {
    const controller = new AbortController();
    streams.set(topic, controller);
    const { signal } = controller;
    const reading = topic.startsWith("sessions:")
      ? remindList(topic, handlers, signal)
      : readTopic(topic, cursor, { ...options, signal });
    reading.then(
      (isLost) => isLost && !signal.aborted && handlers.onClosed(),
      () => signal.aborted || handlers.onClosed(),
    );
  };

  const unsubscribe = (topic: Topic) => {
    streams.get(topic)?.abort();
    streams.delete(topic);
    handlers.onFrame({ type: "unsubscribed", topic });
  };

  queueMicrotask(handlers.onOpen);
  return {
    send(frame: ClientFrame) {
      if (frame.type === "subscribe") subscribe(frame.topic, frame.cursor ?? null);
      else queueMicrotask(() => unsubscribe(frame.topic));
    },
    close() {
      for (const controller of streams.values()) controller.abort();
    },
  };
}

/** Resolves with true when the stream ended and may be opened again, with false after a final error. */
async function readTopic(
  topic: Topic,
  cursor: Cursor | null,
  options: OpenEventStreamsOptions & { signal: AbortSignal },
): Promise<boolean> {
  const { baseUrl, fetchTicket, handlers, signal } = options;
  const [kind, id = ""] = topic.split(":", 2);
  const path = kind === "batch" ? `batches/${id}` : `sessions/${id}`;
  const query = cursor === null ? "" : `?cursor=${cursor.generation}-${cursor.seq}`;
  const headers: Record<string, string> = { accept: "text/event-stream" };
  if (fetchTicket !== null) headers["authorization"] = `Ticket ${await fetchTicket()}`;
  const url = new URL(`/api/v1/${path}/events${query}`, baseUrl);
  const response = await fetch(url, { headers, signal, cache: "no-store" });
  const refusal = refusalCodes[response.status];
  if (refusal !== undefined) {
    handlers.onFrame({
      type: "error",
      code: refusal,
      message: "The server refused the stream",
      topic,
    });
    return false;
  }
  if (!response.ok || response.body === null) return true;
  const parse = createEventStreamParser();
  const decoder = new TextDecoder();
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done || signal.aborted) return true;
    const isOver = pass(topic, parse(decoder.decode(value, { stream: true })), handlers);
    if (isOver) return false;
  }
}

/** Hands on what a piece of the stream held; true when that was its last word. */
function pass(topic: Topic, data: (string | null)[], handlers: TransportHandlers): boolean {
  const texts = data.filter((text) => text !== null);
  if (texts.length < data.length) handlers.onFrame({ type: "ping" });
  const messages = texts.map((text) => JSON.parse(text) as LiveEvent | LiveError);
  const events = messages.filter((message) => message.type !== "error");
  const error = messages.find((message) => message.type === "error");
  if (events.length > 0) handlers.onFrame({ type: "events", topic, events });
  if (error !== undefined) handlers.onFrame(error);
  return error !== undefined;
}

function remindList(topic: Topic, handlers: TransportHandlers, signal: AbortSignal) {
  const remind = () => {
    const events: LiveEvent[] = [{ type: "caught-up", generation: 0, seq: 0 }];
    handlers.onFrame({ type: "events", topic, events });
  };
  queueMicrotask(remind);
  const timer = setInterval(remind, LIST_INTERVAL_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
  return Promise.resolve(false);
}

const refusalCodes: Partial<Record<number, LiveError["code"]>> = {
  400: "invalid_input",
  401: "unauthorized",
  403: "unauthorized",
  404: "not_found",
  410: "gone",
};
