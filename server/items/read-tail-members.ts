const MEMBER_START = /(?<=[,\s])"(?:type|tool|synthetic|ignored)"\s*:/g;
const STATE_MEMBER_START = /(?<=[,\s])"status"\s*:/g;

/**
 * The members of a JSON object from its first telling one on that stands whole in `tail`, the end of the object's
 * text. What stands inside a value is not taken: behind it more is closed than the object. Empty when there is none.
 */
export function readTailMembers(tail: string): Record<string, unknown> {
  return parseFrom(tail, MEMBER_START, "{") ?? {};
}

/** As much as the end of a body tells of what `readItemHead` reads of all of it; null when it tells nothing. */
export function readTailHead(tail: string): string | null {
  const call = parseFrom(tail, STATE_MEMBER_START, '{"state":{');
  const members = call?.["type"] === "tool" ? call : parseFrom(tail, MEMBER_START, "{");
  return members === null ? null : JSON.stringify(members);
}

function parseFrom(tail: string, start: RegExp, opening: string): Record<string, unknown> | null {
  for (const { index } of tail.matchAll(start)) {
    try {
      return JSON.parse(opening + tail.slice(index)) as Record<string, unknown>;
    } catch {
      // A member of something else inside the object, or a piece of text.
      continue;
    }
  }
  return null;
}
