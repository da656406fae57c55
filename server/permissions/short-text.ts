import { toCleanText } from "#server/items/clean-text.ts";

/** `toCleanText` for what an agent sends, of which there may be 32 MB: no more than is needed of it is looked at. */
export function toShortText(value: unknown, maxCharacters: number): string | null {
  const start = typeof value === "string" ? value.slice(0, 2 * maxCharacters) : value;
  return toCleanText(start, maxCharacters);
}
