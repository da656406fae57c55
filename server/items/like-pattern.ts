/** What JSON may write in more than one way, as `\u00e9` or `\/`, or what has upper and lower case beyond ASCII. */
const UNSURE = /[^\u0020-\u007e]|["/\\]/u;

/**
 * A pattern for `ilike`: a body that holds the text, as JSON usually writes it, is like it. So are others, which who
 * asks has to look at.
 */
export function likePattern(text: string): string {
  const pieces = text.split(UNSURE);
  const longest = pieces.reduce((one, other) => (other.length > one.length ? other : one), "");
  return `%${longest.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}
