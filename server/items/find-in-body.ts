import { isRecord } from "#lib/is-record.ts";

/** Characters of a snippet on each side. */
const CONTEXT_CHARACTERS = 60;
/** Ids, kinds and the like are no text that a reader sees. */
const SILENT_MEMBERS: ReadonlySet<string> = new Set([
  "id",
  "sessionID",
  "messageID",
  "parentID",
  "callID",
  "type",
  "role",
  "snapshot",
]);

export interface FoundInBody {
  count: number;
  snippet: { before: string; match: string; after: string };
}

/** Counts a text in the values of a JSON body, whatever its case; null when it is not there or the body is no JSON. */
export function findInBody(body: string, text: string): FoundInBody | null {
  const pattern = new RegExp(escapePattern(text), "giu");
  let count = 0;
  let snippet: FoundInBody["snippet"] | null = null;
  for (const value of textsOf(body)) {
    for (const match of value.matchAll(pattern)) {
      count += 1;
      snippet ??= cutSnippet(value, match.index, match[0].length);
    }
  }
  return snippet === null ? null : { count, snippet };
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}

function* textsOf(body: string): Generator<string> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return;
  }
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === "string") yield next;
    else if (Array.isArray(next)) for (const each of next.toReversed()) open.push(each);
    else if (isRecord(next))
      for (const [name, each] of Object.entries(next).toReversed())
        if (!SILENT_MEMBERS.has(name)) open.push(each);
  }
}

function cutSnippet(text: string, index: number, length: number): FoundInBody["snippet"] {
  const oneLine = (piece: string) => piece.replaceAll(/\s+/g, " ");
  return {
    before: oneLine(text.slice(Math.max(0, index - CONTEXT_CHARACTERS), index)),
    match: oneLine(text.slice(index, index + length)),
    after: oneLine(text.slice(index + length, index + length + CONTEXT_CHARACTERS)),
  };
}
