const MEMBER_START = /(?<=[,\s])"(?:type|tool)"\s*:/g;

/**
 * The members of a JSON object from its first `type` or `tool` on that stands whole in `tail`, the end of the object's
 * text. What stands inside a value is not taken: behind it more is closed than the object. Empty when there is none.
 */
export function readTailMembers(tail: string): Record<string, unknown> {
  for (const { index } of tail.matchAll(MEMBER_START)) {
    try {
      return JSON.parse(`{${tail.slice(index)}`) as Record<string, unknown>;
    } catch {
      // A member of something inside the object, or a piece of text.
      continue;
    }
  }
  return {};
}
