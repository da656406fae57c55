import { readNumber, readObject } from "#lib/json.ts";
import type { MessageView } from "#components/session/session-view.ts";

/** Milliseconds since 1970; null when the message does not tell. */
export function createdAt(message: MessageView): number | null {
  return readNumber(readObject(message.data, "time"), "created");
}

/** When the agent was done with a turn, in milliseconds since 1970; null while it is not, and when it has not come to its end. */
export function doneAt(answers: readonly MessageView[]): number | null {
  const last = answers.at(-1);
  if (last === undefined || last.data?.["error"] !== undefined) return null;
  return readNumber(readObject(last.data, "time"), "completed");
}
