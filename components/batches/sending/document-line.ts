import { isRecord } from "#lib/is-record.ts";

/**
 * How a small file becomes part of a batch: `document`, as a line of its own, where it is one object; `upload`, where it
 * has lines or items of its own. What cannot be read is a line too: the server says what is wrong with it, and a
 * corrected one may take its place.
 */
export function chooseWay(text: string): "document" | "upload" {
  const whole = parse(text);
  if (whole !== undefined) return isRecord(whole) && !("index" in whole) ? "document" : "upload";
  const [first = "", ...rest] = text.trim().split("\n");
  return rest.length > 0 && isRecord(parse(first)) ? "upload" : "document";
}

/** A document as a line of a batch. Between its members JSON takes a space for a line break, and within them is none. */
export function toLine(text: string, index: number): string {
  const document = text.trim().replace(/[\r\n]+/g, " ");
  const rest = document.replace(/^\{\s*/, "");
  return `{"index":${index}${rest.startsWith("}") ? "" : ","}${rest}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
