const SHOWN_CHARACTERS = 2_000;
const SHOWN_LINES = 20;

/** As much of a long prompt as is shown before the reader asks for the rest; null when it is short enough to be shown whole. */
export function cutPrompt(text: string): string | null {
  const lines = text.slice(0, SHOWN_CHARACTERS).split("\n");
  if (text.length <= SHOWN_CHARACTERS && lines.length <= SHOWN_LINES) return null;
  const cut = lines.slice(0, SHOWN_LINES).join("\n");
  // Half of a character that takes two places would be drawn as a broken one.
  return cut.replace(/[\uD800-\uDBFF]$/, "");
}
