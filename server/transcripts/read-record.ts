import { isUtf8 } from "node:buffer";
import { isRecord } from "#lib/is-record.ts";
import type { JsonObject } from "#lib/json.ts";
import { ITEM_DEPTH_MAX } from "#lib/limits.ts";
import { nestingDepth } from "./nesting-depth.ts";

/** A record of a transcript, or why there is none; safe to show. */
export type FoundRecord = { record: JsonObject } | { problem: string };

/** Reads one record, whatever is wrong with it. */
export function readRecord(bytes: Buffer): FoundRecord {
  if (!isUtf8(bytes)) return { problem: "The record is not encoded in UTF-8" };
  if (nestingDepth(bytes) > ITEM_DEPTH_MAX)
    return { problem: `The record is nested deeper than ${ITEM_DEPTH_MAX} levels` };
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return isRecord(value) ? { record: value } : { problem: "The record is not an object" };
  } catch {
    return { problem: "The record is not JSON" };
  }
}
