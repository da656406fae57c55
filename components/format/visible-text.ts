/** What has no look of its own, or breaks the page that the server renders; tab and newline stay what they are. */
// oxlint-disable-next-line no-control-regex
const INVISIBLE = /\r\n|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|\p{Surrogate}/gu;
const DELETE = 0x7f;

/**
 * The text with a picture in the place of every control character (`␀`, `␛`), and `�` for those that have none and for
 * half of a character. Browsers drop some of these from what a server renders, so the page would not be what it says.
 */
export function visibleText(text: string): string {
  return text.replaceAll(INVISIBLE, (found) => {
    if (found === "\r\n") return "\n";
    const code = found.charCodeAt(0);
    if (code === DELETE) return "\u2421";
    return code < DELETE ? String.fromCharCode(0x2400 + code) : "\ufffd";
  });
}
