/** A last line that is longer is not left out. UTF-16 units. */
const LAST_LINE_MAX_LENGTH = 4_096;

/**
 * A text in UTF-8, or in UTF-16 where it begins with a mark that says so. Of one that is cut the last line is left out
 * where it is not long, and otherwise the character that it was cut in.
 */
export function decodeBeginning(bytes: Uint8Array, { isCut }: { isCut: boolean }): string {
  const text = new TextDecoder(encodingOf(bytes)).decode(bytes, { stream: isCut });
  const end = text.lastIndexOf("\n");
  return isCut && end > 0 && text.length - end <= LAST_LINE_MAX_LENGTH ? text.slice(0, end) : text;
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}
