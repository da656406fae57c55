import type { MessagePort, Transferable } from "node:worker_threads";
import { createDeferred } from "#lib/create-deferred.ts";
import { AppError, toAppError } from "#lib/errors.ts";
import type { StreamEvent } from "#lib/stream-events.ts";

interface Sent {
  id: number;
  event: StreamEvent;
}

interface Taken {
  id: number;
  /** Why it was not; safe to show. */
  error?: { code: AppError["code"]; message: string };
}

/**
 * What a job in a worker thread emits with: resolves when the other thread's `emit` has, so storage paces this thread
 * too. Chunks are moved, not copied: whoever emitted one cannot use it any more.
 */
export function createThreadEmitter(port: MessagePort): (event: StreamEvent) => Promise<void> {
  const waiting = new Map<number, ReturnType<typeof createDeferred<void>>>();
  let nextId = 0;
  port.on("message", ({ id, error }: Taken) => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (error) one?.reject(new AppError(error.code, error.message));
    else one?.resolve();
  });
  let ended: AppError | null = null;
  port.once("close", () => {
    ended = new AppError("unavailable", "The thread that stores the stream has ended");
    for (const one of waiting.values()) one.reject(ended);
    waiting.clear();
  });
  return (event) => {
    if (ended) return Promise.reject(ended);
    const id = (nextId += 1);
    const taken = createDeferred<void>();
    waiting.set(id, taken);
    const { message, transfer } = packEvent(event);
    port.postMessage({ id, event: message } satisfies Sent, transfer);
    return taken.promise;
  };
}

/** Emits here what the thread at the other end of the port emits there. Returns how to stop. */
export function receiveFromThread(
  port: MessagePort,
  emit: (event: StreamEvent) => Promise<void>,
): () => void {
  const take = ({ id, event }: Sent) => {
    emit(event).then(
      () => port.postMessage({ id } satisfies Taken),
      (cause: unknown) => {
        const { code, message } = toAppError(cause);
        port.postMessage({ id, error: { code, message } } satisfies Taken);
      },
    );
  };
  port.on("message", take);
  return () => void port.off("message", take);
}

/** An event as it crosses to another thread, and the memory that moves with it. */
export function packEvent(event: StreamEvent): { message: StreamEvent; transfer: Transferable[] } {
  if (event.type === "error")
    return { message: { type: "error", error: toAppError(event.error).message }, transfer: [] };
  if (event.type !== "binary-delta") return { message: event, transfer: [] };
  // A Buffer's own `slice` copies nothing, and what it lies in may be its neighbours' too.
  const bytes = ownsItsMemory(event.bytes) ? event.bytes : Uint8Array.from(event.bytes);
  return { message: { ...event, bytes }, transfer: [bytes.buffer as ArrayBuffer] };
}

/** Other views of the memory would lose theirs with it, and shared memory cannot move. */
const ownsItsMemory = ({ buffer, byteLength }: Uint8Array): boolean =>
  buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
