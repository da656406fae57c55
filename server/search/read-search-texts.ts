import { SEARCH_TEXT_MAX_BYTES } from "#lib/limits.ts";
import { readMembers } from "#server/items/read-members.ts";
import { walkStrings, type FoundString } from "./walk-strings.ts";

/** Where in a part a text stands. */
export type SearchPlace = "text" | "reasoning" | "input" | "output";

export type SearchTexts = Partial<Record<SearchPlace, string>>;

/** Parts that tell nothing to a reader. */
const SILENT_KINDS = new Set(["step-start", "step-finish", "snapshot", "patch", "compaction"]);
/** Members of a part of unknown kind that are no text. */
const TECHNICAL_NAME = /(?:^id|ID|Id|^type|^mime|^url|hash|signature|snapshot)$/;
// oxlint-disable-next-line no-control-regex
const TERMINAL_CODE = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g;
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/g;
const HALF_CHARACTER = /\p{Surrogate}/gu;

/**
 * What can be read of a part, from its JSON or the beginning of it: at most `SEARCH_TEXT_MAX_BYTES` for each place,
 * without terminal codes and control characters, well-formed. Nothing for parts without text; never throws. `head` is
 * for a beginning in which the part may not say what it is. A text that an agent added to a prompt by itself is an output.
 */
export function readSearchTexts(json: string, head: string | null = null): SearchTexts {
  const gathered = new Map<SearchPlace, string>();
  const strings = [...walkStrings(json)];
  const said = readMembers(Buffer.from(head ?? json), ["type", "synthetic"]);
  const kind = typeof said.get("type") === "string" ? (said.get("type") as string) : "";
  const isSynthetic = said.get("synthetic") === true;
  if (SILENT_KINDS.has(kind)) return {};
  for (const found of strings) {
    const place = isSynthetic ? placeOfAdded(found) : placeOf(kind, found);
    if (place === null || found.value.startsWith("data:")) continue;
    const before = gathered.get(place);
    if ((before?.length ?? 0) < SEARCH_TEXT_MAX_BYTES)
      gathered.set(place, before === undefined ? found.value : `${before}\n${found.value}`);
  }
  const texts: SearchTexts = {};
  for (const [place, text] of gathered) {
    const clean = cutText(
      text.replace(TERMINAL_CODE, "").replace(CONTROL, " ").replace(HALF_CHARACTER, "\ufffd"),
    );
    if (clean.trim() !== "") texts[place] = clean;
  }
  return texts;
}

const placeOfAdded = ({ path }: FoundString): SearchPlace | null =>
  path.length === 1 && path[0] === "text" ? "output" : null;

function placeOf(kind: string, { path }: FoundString): SearchPlace | null {
  const [first, second] = path;
  switch (kind) {
    case "text":
      return first === "text" && path.length === 1 ? "text" : null;
    case "reasoning":
      return first === "text" && path.length === 1 ? "reasoning" : null;
    case "file":
      return first === "filename" && path.length === 1 ? "text" : null;
    case "tool":
      if (first !== "state") return null;
      if (second === "input" || second === "raw") return "input";
      return second === "output" || second === "error" ? "output" : null;
    default:
      return path.some((name) => TECHNICAL_NAME.test(name)) ? null : "text";
  }
}

function cutText(text: string): string {
  if (3 * text.length <= SEARCH_TEXT_MAX_BYTES) return text;
  const bytes = Buffer.from(text.slice(0, SEARCH_TEXT_MAX_BYTES));
  let end = Math.min(bytes.byteLength, SEARCH_TEXT_MAX_BYTES);
  // Continuation bytes are 10xxxxxx: a cut before one would split a character.
  if (end < bytes.byteLength) while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end);
}
