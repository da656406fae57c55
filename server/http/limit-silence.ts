import type { IncomingMessage, ServerResponse } from "node:http";
import { UPLOAD_IDLE_MS } from "#lib/limits.ts";

const GRACE_MS = 5_000;

/** For whoever reads without a watch of their own: those who have one are earlier, and say why. */
export const SILENCE_MS = UPLOAD_IDLE_MS + GRACE_MS;

/**
 * Cuts a request of whose body no byte comes for so long. Slow is fine: a whole request has no limit. Only the time in
 * which somebody waits for a byte counts, so neither a reader who stops reading nor a handler at work on what came is
 * taken for a sender who stops sending: these are looked at again later. Once the request is answered this says nothing
 * more, and Node's keep-alive timeout ends the connection, with what was left unread.
 */
export function limitSilence(
  request: IncomingMessage,
  { response, silenceMs }: { response: ServerResponse; silenceMs: number },
): void {
  // Of the response, as Node asks it as long as it is not finished and no longer; the request it asks until it is whole.
  response.on("timeout", () => {
    if (isAwaited(request)) request.destroy();
    else request.setTimeout(silenceMs);
  });
  if (request.method !== "GET" && request.method !== "HEAD") request.setTimeout(silenceMs);
}

/** Not all is here, somebody has asked for a first byte, and no bytes lie here that nobody has taken. */
const isAwaited = ({ complete, readableFlowing, readableLength }: IncomingMessage) =>
  !complete && readableFlowing !== null && readableLength === 0;

/** For whoever reads with a watch of their own, which knows when it waits. */
export function watchSilenceAlone(request: IncomingMessage): void {
  request.setTimeout(0);
}
