import type { IncomingMessage } from "node:http";
import { AppError } from "#lib/errors.ts";
import { UPLOAD_IDLE_MS } from "#lib/limits.ts";
import { watchSilenceAlone } from "./limit-silence.ts";

const readRequests = new WeakSet<IncomingMessage>();

/** Whoever reads the request learns when the connection ends within its body, and answers. */
export const isReadAsUpload = (request: IncomingMessage) => readRequests.has(request);

/**
 * The bytes of a request as they come. Throws `unavailable`, which can still be answered, when none came for `idleMs`
 * while somebody waited for one (and the port's own watch, which would cut it while nobody reads, is off); and when the
 * connection ends before the body does, if only its sender's half, in words of its own: the system's error would look
 * like one of the database's.
 */
export async function* readUploadBody(
  request: IncomingMessage,
  { idleMs = UPLOAD_IDLE_MS }: { idleMs?: number } = {},
): AsyncGenerator<Uint8Array> {
  watchSilenceAlone(request);
  readRequests.add(request);
  let offset = 0;
  for (;;) {
    const chunk = request.read() as Buffer | null;
    if (chunk !== null) {
      offset += chunk.byteLength;
      yield chunk;
    } else if (request.readableEnded) {
      return;
    } else {
      await somethingHappens(request, { idleMs, offset });
    }
  }
}

function somethingHappens(
  request: IncomingMessage,
  { idleMs, offset }: { idleMs: number; offset: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const details = { offset };
    const settle = (how: () => void) => () => {
      clearTimeout(timer);
      request
        .off("readable", onNews)
        .off("end", onNews)
        .off("error", onBreak)
        .off("close", onBreak);
      request.socket.off("end", onHalfEnd);
      how();
    };
    const onNews = settle(resolve);
    const onBreak = settle(() => {
      const message = `The connection ended within the upload, after ${offset} bytes`;
      reject(new AppError("unavailable", message, { details }));
    });
    // Node tells the port that the body is cut, not the request.
    const onHalfEnd = () => {
      if (!request.complete) onBreak();
    };
    const onSilence = settle(() => {
      const message = `No byte of the upload came for ${idleMs / 1000} seconds, after ${offset} bytes`;
      reject(new AppError("unavailable", message, { details }));
    });
    const timer = setTimeout(onSilence, idleMs);
    request.on("readable", onNews).on("end", onNews).on("error", onBreak).on("close", onBreak);
    request.socket.on("end", onHalfEnd);
    if (request.destroyed || (request.socket.readableEnded && !request.complete)) onBreak();
  });
}
