import { readNumber, readObject } from "#lib/json.ts";
import type { MessageView } from "#components/session/session-view.ts";

/** Milliseconds since 1970; null when the message does not tell. */
export function createdAt(message: MessageView): number | null {
  return readNumber(readObject(message.data, "time"), "created");
}
