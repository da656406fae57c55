import type { IncomingMessage } from "node:http";
import { UPLOAD_IDLE_MS } from "#lib/limits.ts";

const GRACE_MS = 5_000;

/** For whoever reads without a watch of their own: those who have one are earlier, and say why. */
export const SILENCE_MS = UPLOAD_IDLE_MS + GRACE_MS;

/**
 * Cuts a request of whose body no byte comes for so long. Slow is fine: a whole request has no limit. Only the time in
 * which somebody waits for a byte counts, so a reader who stops reading is not taken for a sender who stops sending.
 */
export function limitSilence(request: IncomingMessage, silenceMs: number): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  request.on("timeout", () => {
    if (isAwaited(request)) request.destroy();
    else request.setTimeout(silenceMs);
  });
  request.setTimeout(silenceMs);
  request.once("end", () => request.setTimeout(0));
}

/** Nobody has asked for a first byte yet, or bytes lie here that nobody has taken. */
const isAwaited = ({ readableFlowing, readableLength }: IncomingMessage) =>
  readableFlowing !== null && readableLength === 0;

/** For whoever reads with a watch of their own, which knows when it waits. */
export function watchSilenceAlone(request: IncomingMessage): void {
  request.setTimeout(0);
}
