const LINE_BYTES = 16;

/** Bytes as programmers read them: offset, sixteen bytes, and what of them is ASCII. */
export function hexLines(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.byteLength; at += LINE_BYTES) {
    const row = [...bytes.subarray(at, at + LINE_BYTES)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const ascii = row.map((byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".",
    );
    const offset = at.toString(16).padStart(8, "0");
    lines.push(`${offset}  ${hex.padEnd(LINE_BYTES * 3 - 1)}  ${ascii.join("")}`);
  }
  return lines.join("\n");
}
