import { isRecord } from "#lib/is-record.ts";
import { parseObject } from "#lib/json.ts";
import { parseCutJson } from "#lib/parse-cut-json.ts";
import { detectTranscript } from "#server/transcripts/detect-transcript.ts";

/**
 * Whether a file is one session as a whole, by its first bytes: a transcript, a list, a document on several lines, or
 * items, one on a line. Lines of a batch are none; whoever says an `index` means to be one of these.
 */
export function isOneSession(head: Uint8Array): boolean {
  const text = new TextDecoder().decode(head).trimStart();
  const [first = "", ...rest] = text.split("\n");
  const object = rest.length > 0 ? parseObject(first) : parseCutJson(text);
  if (object !== null && "index" in object) return false;
  const found = detectTranscript(head, { isLast: true });
  if (found !== "none" && found !== "undecided") return true;
  if (object === null) return text.startsWith("[") || (rest.length > 0 && first.trim() === "{");
  const isItem = typeof object["type"] === "string" && isRecord(object["data"]);
  return isItem || ("info" in object && "parts" in object);
}
