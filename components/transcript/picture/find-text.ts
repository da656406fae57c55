import { isRecord } from "#lib/is-record.ts";
import type { JsonObject } from "#lib/json.ts";

/** Where a text stands in a JSON value. */
export interface TextPlace {
  /** JSON pointer (RFC 6901) to the string that holds it. */
  at: string;
  /** Where it begins there. UTF-16 units. */
  from: number;
}

/** The first string, in the order of the members, that holds a text; null when none does. */
export function findText(data: JsonObject, text: string): TextPlace | null {
  return findIn(data, text, "");
}

function findIn(value: unknown, text: string, at: string): TextPlace | null {
  if (typeof value === "string") {
    const from = value.length < text.length ? -1 : value.indexOf(text);
    return from === -1 ? null : { at, from };
  }
  if (!Array.isArray(value) && !isRecord(value)) return null;
  for (const [name, member] of Object.entries(value)) {
    const step = name.replaceAll("~", "~0").replaceAll("/", "~1");
    const found = findIn(member, text, `${at}/${step}`);
    if (found !== null) return found;
  }
  return null;
}
