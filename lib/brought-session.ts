import { EXPORT_LINE_TYPE } from "./export.ts";
import { isSessionId } from "./ids.ts";
import { isRecord } from "./is-record.ts";
import { parseCutJson } from "./parse-cut-json.ts";

/** As much of a file as is looked at for the session that it holds. */
export const SESSION_HEAD_BYTES = 65_536;

/** How a session is called where it comes from, as `POST /api/v1/sessions` takes it. */
export interface BroughtName {
  /** An id of our own pattern, as agents make them that have it from us: kept, unless somebody else has it. */
  sessionId?: string;
  source: string;
  externalId: string;
}

type JsonObject = Readonly<Record<string, unknown>>;

const EXTERNAL_ID_MAX_CHARACTERS = 256;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * Which session a file holds, by its first bytes, so that bringing it again finds the same one: snapshots and documents
 * with a `session` item, and what Claude Code, Codex and Gemini write. Null when they do not say. Bytes that are no text,
 * or a document that was cut anywhere, do no harm.
 */
export function findBroughtName(head: Uint8Array): BroughtName | null {
  const text = new TextDecoder().decode(head);
  for (const object of objectsOf(text)) {
    const name = nameOf(object);
    if (name && isUsable(name.externalId) && isWhole(name, text))
      return isSessionId(name.externalId) ? { sessionId: name.externalId, ...name } : name;
  }
  return null;
}

/** What a session was called that was exported as NDJSON, by the file's first bytes; null where they are none of ours. */
export function findExportedTitle(head: Uint8Array): string | null {
  const [first] = objectsOf(new TextDecoder().decode(head));
  const data = first?.["type"] === EXPORT_LINE_TYPE ? first["data"] : null;
  const title = isRecord(data) ? data["title"] : null;
  return typeof title === "string" && title.trim() !== "" ? title : null;
}

/** Lines where the first one stands for itself, else the one document. */
function* objectsOf(text: string): Generator<JsonObject> {
  const document = text.trimStart();
  // Cut text is closed as an object only.
  const whole = document.startsWith("[") ? `{"data":${document}` : document;
  const [first = "", ...rest] = document.split("\n");
  const isLines = rest.length > 0 && isRecord(parseWhole(first));
  for (const line of isLines ? [first, ...rest] : [whole]) {
    const object = parseCutJson(line);
    if (object) yield object;
  }
}

function parseWhole(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function nameOf(object: JsonObject): BroughtName | null {
  const { type, data, info, payload, sessionId, projectHash } = object;
  if (isRecord(info) && isSessionInfo(object, info)) return named("snapshot", info["id"]);
  if (type === "session" && isRecord(data)) return named("snapshot", data["id"]);
  if (Array.isArray(data)) return data.filter(isRecord).map(nameOf).find(Boolean) ?? null;
  if (type === "session_meta" && isRecord(payload)) return named("codex", payload["id"]);
  if (typeof sessionId !== "string") return null;
  if (typeof projectHash === "string") return named("gemini", sessionId);
  return typeof type === "string" && UUID.test(sessionId) ? nameClaude(object, sessionId) : null;
}

/** A message has an `info` too, and lines of them may come without their session. */
const isSessionInfo = (object: JsonObject, info: JsonObject) =>
  !("parts" in object) && !("role" in info) && !("sessionID" in info);

/** What a sub-agent does is in a file of its own, under the id of the session that it works for. */
const nameClaude = ({ agentId }: JsonObject, sessionId: string) =>
  named("claude", typeof agentId === "string" ? `${sessionId}/${agentId}` : sessionId);

const named = (source: string, id: unknown): BroughtName | null =>
  typeof id === "string" ? { source, externalId: id } : null;

/** The text may end within the id: then its closing quote is not there. */
const isWhole = ({ source, externalId }: BroughtName, text: string) =>
  (source === "claude" ? externalId.split("/") : [externalId]).every((id) =>
    text.includes(JSON.stringify(id)),
  );

const isUsable = (id: string) =>
  id !== "" && id.length <= EXTERNAL_ID_MAX_CHARACTERS && !/[\0\p{Surrogate}]/u.test(id);
