import type { HeldBytes } from "./held-bytes.ts";

const QUOTE = 0x22;

/** The name in a checked key that begins at `from`; what follows its closing quote before `to` is left out. */
export function readKey(token: HeldBytes, from: number, to: number): string {
  const start = token.find(from, to);
  // A name that was too long to be held means nothing to us.
  if (start === -1) return "…";
  const { bytes } = token;
  const end = bytes.lastIndexOf(QUOTE, start + to - from - 1) + 1;
  return JSON.parse(bytes.toString("utf8", start, end)) as string;
}
