import { readNumber, readObject, type JsonObject } from "./json.ts";

/** Digits of a millisecond time, so that times compare as text. */
const TIME_DIGITS = 16;

/** Where a message stands in the transcript: when it was made, else its id. The item writer has the same rule. */
export function messageSortKey(data: JsonObject | null, messageId: string): string {
  const createdMs = readNumber(readObject(data, "time"), "created");
  const isTime = createdMs !== null && createdMs >= 0;
  return isTime ? createdMs.toFixed(0).padStart(TIME_DIGITS, "0") : messageId;
}
