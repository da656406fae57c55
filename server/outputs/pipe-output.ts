import { createDeferred } from "#lib/create-deferred.ts";
import { AppError } from "#lib/errors.ts";
import type { Output } from "#lib/output.ts";
import { isPortEvent, type PortEvent, type StreamEvent } from "#lib/stream-events.ts";
import type { OutputWriter } from "./open-output.ts";
import type { StreamSource } from "./stream-channel.ts";

export interface OutputPipe {
  /**
   * Resolves when the stream has finished and everything of the port is stored. Rejects when it was aborted, failed,
   * ended without a finish, was detached, or could not be stored: the output is incomplete then.
   */
  done: Promise<Output>;
  /** Takes no more of the stream, which goes on without it. */
  detach(): void;
}

type Sink = Pick<OutputWriter, "write" | "complete" | "fail">;

/**
 * Stores what a stream brings on one port, text as UTF-8 and bytes as they are. A binary value in the finish event wins
 * over what was streamed. The emitter waits while the sink does.
 */
export function pipeOutput(events: StreamSource, port: string, sink: Sink): OutputPipe {
  const done = createDeferred<Output>();
  // Whoever does not wait for it must not be ended by it.
  done.promise.catch(() => {});
  let isSettled = false;

  const cut = (reason: unknown): Promise<void> => {
    if (isSettled) return Promise.resolve();
    isSettled = true;
    const failing = sink.fail(reason);
    const reject = () => done.reject(reason);
    failing.then(reject, reject);
    return failing;
  };

  const text = createTextPieces();
  const bytesOf = (event: PortEvent): Uint8Array => {
    if (event.type === "binary-delta") return event.bytes;
    if (event.type === "text-delta") return text.add(event.text);
    throw new AppError("invalid_input", `The output "${event.port}" is stored as a value`);
  };
  const writeRest = async () => {
    const rest = text.end();
    if (rest.byteLength === 0) return;
    await sink.write(rest).catch(async (error: unknown) => {
      await sink.fail(error);
      throw error;
    });
  };

  const finish = async (values: Readonly<Record<string, unknown>>, isBinary: boolean) => {
    isSettled = true;
    const given = isBinary && Object.hasOwn(values, port) ? values[port] : undefined;
    const completing = writeRest().then(() => sink.complete(given));
    completing.then(done.resolve, done.reject);
    await completing;
  };

  let isBinary = true;
  const take = async (event: StreamEvent): Promise<void> => {
    if (isSettled) return;
    if (event.type === "finish") return finish(event.values ?? {}, isBinary);
    if (event.type === "error") return cut(event.error);
    if (!isPortEvent(event) || event.port !== port) return;
    isBinary = event.type === "binary-delta";
    try {
      const bytes = bytesOf(event);
      if (bytes.byteLength > 0) await sink.write(bytes);
    } catch (error) {
      // Storage's failure is the emitter's, too; one that was detached meanwhile has nothing to do with it.
      if (isSettled) return;
      await cut(error);
      throw error;
    }
  };

  const unpipe = events.pipe({ take, end: (reason) => void cut(reason) });
  return {
    done: done.promise,
    detach() {
      unpipe();
      void cut(new AppError("gone", "Nobody stores this output any more", { details: { port } }));
    },
  };
}

/** Text in pieces as UTF-8: a character that lies in two of them is whole. */
function createTextPieces() {
  let half = "";
  return {
    add(piece: string): Uint8Array {
      const text = half + piece;
      half = /[\uD800-\uDBFF]/.exec(text.slice(-1))?.[0] ?? "";
      return Buffer.from(text.slice(0, text.length - half.length));
    },
    end: (): Uint8Array => Buffer.from(half),
  };
}
