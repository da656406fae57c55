const MAX_CHARACTERS = 40;

/** The beginning of a text on one line, cut at the end of a word, for a name that tells it from others. */
export function firstWords(text: string): string {
  // Ten times the bound: enough for any leading white space that a person types, and never the whole of a long text.
  const line = text
    .slice(0, MAX_CHARACTERS * 10)
    .replaceAll(/\s+/g, " ")
    .trim();
  if (line.length <= MAX_CHARACTERS) return line;
  const cut = line.slice(0, MAX_CHARACTERS + 1);
  const end = cut.lastIndexOf(" ");
  return `${cut.slice(0, end > 0 ? end : MAX_CHARACTERS).trimEnd()} …`;
}
