import { readNumber, readObject, type JsonObject } from "./json.ts";

/** Digits of a millisecond time, so that times compare as text. */
const TIME_DIGITS = 15;

/** Where a message stands in the transcript: when it was made, else its id. The item writer has the same rule. */
export function messageSortKey(data: JsonObject | null, messageId: string): string {
  const createdMs = readNumber(readObject(data, "time"), "created");
  return createdMs === null ? messageId : String(Math.trunc(createdMs)).padStart(TIME_DIGITS, "0");
}
