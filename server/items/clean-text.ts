/** Text for a column: no NUL and no lone surrogate (Postgres refuses both), trimmed; null when nothing is left. */
export function toCleanText(value: unknown, maxCharacters: number): string | null {
  if (typeof value !== "string") return null;
  const clean = value
    .replaceAll("\0", "")
    .replace(/\p{Surrogate}/gu, "\ufffd")
    .trim();
  // Cut by code points: by UTF-16 units the cut could leave half of a pair.
  return clean === "" ? null : Array.from(clean).slice(0, maxCharacters).join("");
}
