import { parseCutJson } from "#lib/parse-cut-json.ts";
import type { TranscriptFormat } from "../transcript-format.ts";

/** Gemini CLI wrote one JSON document with all messages first, and lines later. */
export function isOneDocument(format: TranscriptFormat, head: Uint8Array): boolean {
  if (format !== "gemini") return false;
  const text = new TextDecoder().decode(head).trimStart();
  const newline = text.indexOf("\n");
  const first = newline === -1 ? text : text.slice(0, newline);
  return !isWholeObject(first) || Array.isArray(parseCutJson(first)?.["messages"]);
}

function isWholeObject(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
