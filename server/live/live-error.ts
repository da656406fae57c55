import type { LiveError, Topic } from "#lib/live-protocol.ts";

const messages: Record<LiveError["code"], string> = {
  resume: "Connect again to go on from where you are",
  unauthorized: "Sign in to watch this",
  not_found: "There is no such session",
  gone: "The session was deleted",
  invalid_input: "The frame is not part of the protocol",
  unavailable: "The server is not ready",
};

/** `topic` null: the whole connection ends. */
export function liveError(code: LiveError["code"], topic: Topic | null = null): LiveError {
  const isBatch = topic?.startsWith("batch:") === true;
  const message = isBatch ? messages[code].replace("session", "batch") : messages[code];
  return { type: "error", code, message, topic };
}
