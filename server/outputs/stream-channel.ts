import { AppError } from "#lib/errors.ts";
import type { StreamEvent } from "#lib/stream-events.ts";
import type { Log } from "#server/log.ts";

/** Sees events. It is never waited for: what it throws or rejects with is logged, and nobody else notices. */
export type StreamListener = (event: StreamEvent) => unknown;

/** Stores events. Whoever emits waits for it, and gets what it throws. */
export interface StreamSink {
  take(event: StreamEvent): Promise<void>;
  /** No more events come, although none of them said so. */
  end(reason: AppError): void;
}

export interface StreamSource {
  /** In the process, event by event as they were emitted, nothing serialised; of a stream that is over its end. Returns how to stop. */
  onStream(listener: StreamListener): () => void;
  /** Returns how to detach. */
  pipe(sink: StreamSink): () => void;
}

export interface StreamChannel extends StreamSource {
  /**
   * Resolves when all sinks have taken the event: storage paces the emitter, listeners never do. The end is shown to
   * listeners when it is stored, all else at once; `shown` is what they get instead of the event.
   */
  emit(event: StreamEvent, shown?: StreamEvent): Promise<void>;
  /** The emitter is over. Sinks and listeners that have not seen `finish` or `error` get the reason. Safe to repeat. */
  close(reason: AppError): void;
}

const isLast = ({ type }: StreamEvent) => type === "finish" || type === "error";

/** Brings the events of one emitter to sinks and listeners. */
export function createStreamChannel({ log }: { log: Log }): StreamChannel {
  const listeners = new Set<StreamListener>();
  const sinks = new Set<StreamSink>();
  let isOver = false;

  const show = (listener: StreamListener, event: StreamEvent) => {
    const failed = (error: unknown) => log.warn({ err: error }, "a listener of a stream failed");
    try {
      Promise.resolve(listener(event)).catch(failed);
    } catch (error) {
      failed(error);
    }
  };

  const showAll = (event: StreamEvent) => {
    for (const listener of listeners) show(listener, event);
  };

  let last: StreamEvent | null = null;
  const end = (event: StreamEvent) => {
    if (last !== null) return;
    last = event;
    showAll(event);
    listeners.clear();
    sinks.clear();
  };

  return {
    onStream(listener) {
      if (last !== null) {
        show(listener, last);
        return () => {};
      }
      // Two listeners that are one function are two.
      const own: StreamListener = (event) => listener(event);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    pipe(sink) {
      sinks.add(sink);
      return () => void sinks.delete(sink);
    },
    async emit(event, shown = event) {
      if (isOver) throw new AppError("conflict", "The stream has ended already");
      isOver = isLast(event);
      if (!isOver) showAll(shown);
      const taken = await Promise.allSettled([...sinks].map((sink) => sink.take(event)));
      const refused = taken.find((one) => one.status === "rejected");
      if (isOver) end(refused ? { type: "error", error: refused.reason } : shown);
      if (refused) throw refused.reason;
    },
    close(reason) {
      isOver = true;
      for (const sink of sinks) sink.end(reason);
      end({ type: "error", error: reason });
    },
  };
}
