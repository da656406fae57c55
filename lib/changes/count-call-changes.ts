import { readObject, type JsonObject } from "../json.ts";
import { countChanges } from "./compute-diff.ts";
import { readChanges, type ChangeCounts } from "./read-changes.ts";

/** Lines that a tool call added and removed; null when it failed, or counting them would take too long. */
export function countCallChanges(data: JsonObject): ChangeCounts | null {
  const hasFailed = readObject(data, "state")["status"] === "error";
  return hasFailed ? null : countChanges(readChanges(data));
}
