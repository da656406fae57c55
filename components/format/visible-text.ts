/** What has no look of its own, or breaks the page that the server renders; tab and newline stay what they are. */
const CONTROL = "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]|\\p{Surrogate}";
/** Marks that turn the direction of what follows: with them a text can look like another one. */
const BIDI = "[\\u202a-\\u202e\\u2066-\\u2069]";
/** Letters that nobody sees and models read; after a black flag they are the flag of a region. */
const TAGS = "(?<!\\u{1f3f4}|[\\u{e0020}-\\u{e007f}])[\\u{e0020}-\\u{e007f}]+";
const INVISIBLE = new RegExp(`\\r\\n|${CONTROL}|${BIDI}|${TAGS}`, "gu");
const DELETE = 0x7f;
const FIRST_TAG = 0xe0000;

/**
 * The text with a picture in the place of every control character (`␀`, `␛`), and `�` for those that have none and for
 * half of a character. Browsers drop some of these from what a server renders, so the page would not be what it says.
 * Marks that turn the direction stand there by their number, hidden letters as letters: `⟨U+202E⟩`, `⟨hidden: abc⟩`.
 */
export function visibleText(text: string): string {
  return text.replaceAll(INVISIBLE, (found) => {
    if (found === "\r\n") return "\n";
    const code = found.codePointAt(0) ?? 0;
    if (code >= FIRST_TAG) return `⟨hidden: ${toLetters(found)}⟩`;
    if (code >= 0x2000 && code <= 0x2069) return `⟨U+${code.toString(16).toUpperCase()}⟩`;
    if (code === DELETE) return "\u2421";
    return code < DELETE ? String.fromCharCode(0x2400 + code) : "\ufffd";
  });
}

function toLetters(tags: string): string {
  const codes = Array.from(tags, (tag) => (tag.codePointAt(0) ?? 0) - FIRST_TAG);
  return String.fromCharCode(...codes.filter((code) => code !== DELETE));
}
