import { isRecord } from "#lib/is-record.ts";
import { type JsonObject, parseObject, readText } from "#lib/json.ts";
import { parseCutJson } from "#lib/parse-cut-json.ts";
import type { TranscriptFormat } from "./transcript-format.ts";

/** `none`: the document is something else. `undecided`: more of it has to be seen, or nothing more comes. */
export type Detection = TranscriptFormat | "none" | "undecided";

/** As much of a document is looked at. */
export const TRANSCRIPT_HEAD_BYTES = 65_536;

/**
 * Whose transcript a document is, by what its first bytes say, never by a name. Lines of the program's own shape decide;
 * everything that is a document of ours, or lines of anybody else, is none. Text that was cut anywhere does no harm.
 * `isLast`: no more of the document will be shown.
 */
export function detectTranscript(head: Uint8Array, { isLast = false } = {}): Detection {
  const text = new TextDecoder().decode(head).trimStart();
  if (text !== "" && !text.startsWith("{")) return "none";
  const lines = text.split("\n");
  // The last line may go on; a document of one object begins with a line that is none.
  const first = lines.length > 1 ? parseObject(lines[0] ?? "") : null;
  if (first === null) {
    const record = parseCutJson(text);
    const found = judge(record, "undecided");
    // The line may end here, and others follow: how it is to be read is not known yet.
    const isOpen = lines.length === 1 && !(isLast && hasMessages(record));
    return found === "gemini" && isOpen ? "undecided" : found;
  }
  if (isGemini(first) && hasMessages(first)) {
    const next = lines.slice(1).join("\n").trimStart();
    if (next === "") return isLast ? "gemini" : "undecided";
    // Documents, one on each line, are not one session.
    return next.startsWith("{") ? "none" : "gemini";
  }
  for (const line of lines.slice(0, -1)) {
    const found = judge(parseObject(line), "none");
    if (found !== "undecided") return found;
  }
  return judge(parseCutJson(lines.at(-1) ?? ""), "undecided");
}

/** `otherwise` is said of a record that tells nothing. */
function judge(record: JsonObject | null, otherwise: Detection): Detection {
  if (record === null) return otherwise;
  if (isCodex(record)) return "codex";
  if (isGemini(record)) return "gemini";
  if (isClaude(record)) return "claude";
  if (isOurs(record)) return "none";
  return isOfClaude(record) ? "undecided" : otherwise;
}

const isOurs = (record: JsonObject) =>
  !("parentUuid" in record) &&
  (Array.isArray(record["data"]) ||
    ("data" in record && "type" in record) ||
    "info" in record ||
    "parts" in record);

const hasMessages = (record: JsonObject | null) => Array.isArray(record?.["messages"]);

const codexTypes = new Set([
  "session_meta",
  "response_item",
  "event_msg",
  "turn_context",
  "compacted",
]);

const isCodex = (record: JsonObject) =>
  codexTypes.has(readText(record, "type") ?? "") &&
  isRecord(record["payload"]) &&
  readText(record, "timestamp") !== null;

const isGemini = (record: JsonObject) =>
  readText(record, "sessionId") !== null && readText(record, "projectHash") !== null;

/** A message or an event in the tree of a session, or what may be too long to see what stands behind it. */
const isClaude = (record: JsonObject) =>
  (readText(record, "sessionId") !== null &&
    "parentUuid" in record &&
    (typeof record["isSidechain"] === "boolean" || "uuid" in record)) ||
  (record["type"] === "file-history-snapshot" && isRecord(record["snapshot"])) ||
  (record["type"] === "queue-operation" &&
    readText(record, "sessionId") !== null &&
    readText(record, "operation") !== null);

/** What may stand before the first message: titles of sessions, what was in files, settings. */
const isOfClaude = (record: JsonObject) =>
  readText(record, "type") !== null &&
  ["leafUuid", "snapshot", "sessionId", "messageId"].some((name) => name in record);
