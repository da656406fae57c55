/** A `data` event of server-sent events. Every kind of line break is one there, whatever the text would have it be. */
export function eventText(text: string): string {
  const lines = text.split(/\r\n|\r|\n/).map((line) => `data:${guard(line)}\n`);
  return `event: data\n${lines.join("")}\n`;
}

/** A reader takes one space away that stands behind the colon. */
const guard = (line: string): string => (line.startsWith(" ") ? ` ${line}` : line);

/**
 * How many bytes of a text can be sent by themselves: no character is cut, and where more follows no CR from its LF.
 * Bytes that are no UTF-8 are sent as they are, and arrive as replacement characters.
 */
export function findTextEnd(text: Uint8Array, { hasMore }: { hasMore: boolean }): number {
  const end = text.byteLength;
  if (hasMore && end > 1 && text[end - 1] === 0x0d) return end - 1;
  for (let back = 1; back <= Math.min(3, end); back += 1) {
    const byte = text[end - back] ?? 0;
    if (byte < 0x80) return end;
    if (byte >= 0xc0) return sequenceLength(byte) > back ? end - back : end;
  }
  return end;
}

function sequenceLength(leadByte: number): number {
  if (leadByte >= 0xf0) return 4;
  return leadByte >= 0xe0 ? 3 : 2;
}
