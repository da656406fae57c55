import { isUtf8 } from "node:buffer";
import { isRecord } from "#lib/is-record.ts";
import type { JsonObject } from "#lib/json.ts";
import { ITEM_DEPTH_MAX } from "#lib/limits.ts";
import { measureJson } from "./measure-json.ts";

/** A record becomes one object in memory, of which each value takes far more than its bytes. */
const VALUES_MAX = 500_000;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** A record of a transcript, or why there is none; safe to show. */
export type FoundRecord = { record: JsonObject } | { problem: string };

/** Reads one record, whatever is wrong with it. */
export function readRecord(bytes: Buffer): FoundRecord {
  const json = bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? bytes.subarray(3) : bytes;
  if (!isUtf8(json)) return { problem: "The record is not encoded in UTF-8" };
  const { depth, values } = measureJson(json);
  if (values > VALUES_MAX) return { problem: `The record has more than ${VALUES_MAX} values` };
  if (depth > ITEM_DEPTH_MAX)
    return { problem: `The record is nested deeper than ${ITEM_DEPTH_MAX} levels` };
  try {
    const value: unknown = JSON.parse(json.toString("utf8"));
    return isRecord(value) ? { record: value } : { problem: "The record is not an object" };
  } catch {
    return { problem: "The record is not JSON" };
  }
}
