import { INLINE_ITEM_MAX_BYTES } from "#lib/limits.ts";

/** Positions of a member in its object, from the key's quote to behind the value. */
export interface MemberRange {
  start: number;
  end: number;
}

const COMMA = 0x2c;
const SPACE_MAX = 0x20;

/**
 * What is left of an element without its `type` and `data`: a JSON object with the other members as received;
 * undefined when there are none, null when it is too large to be kept.
 */
export function cutEnvelope(
  element: Uint8Array,
  [one, other]: [MemberRange, MemberRange],
): string | undefined | null {
  const [first, second] = one.start < other.start ? [one, other] : [other, one];
  const cutBytes = first.end - first.start + second.end - second.start;
  if (element.length - cutBytes > INLINE_ITEM_MAX_BYTES) return null;

  const members = [
    cutMembers(element, 1, first.start),
    cutMembers(element, first.end, second.start),
    cutMembers(element, second.end, element.length - 1),
  ].filter((piece) => piece !== "");
  return members.length === 0 ? undefined : `{${members.join(",")}}`;
}

/** What stands between two cuts, without the commas and white space that joined it to what was cut. */
function cutMembers(element: Uint8Array, from: number, to: number): string {
  const isJoint = (byte: number) => byte === COMMA || byte <= SPACE_MAX;
  let start = from;
  let end = to;
  while (start < end && isJoint(element[start]!)) start += 1;
  while (end > start && isJoint(element[end - 1]!)) end -= 1;
  return Buffer.from(element.buffer, element.byteOffset + start, end - start).toString("utf8");
}
