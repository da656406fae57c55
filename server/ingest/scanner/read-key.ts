const QUOTE = 0x22;

/** The name in a key that has been checked; what follows its closing quote is left out. */
export function readKey(token: Uint8Array | null): string {
  // A name that was too long to be held means nothing to us.
  if (token === null) return "…";
  const text = Buffer.from(token.buffer, token.byteOffset, token.lastIndexOf(QUOTE) + 1);
  return JSON.parse(text.toString("utf8")) as string;
}
