/** A word at the end that could go on as a token, or as a password in an address. */
const HALF =
  /(?:^|(?<=[\s"'`(:=,]))(?:(?=[\w+=-]*\d)(?=[\w+=-]*[A-Za-z])[\w+=-]{8,}|[a-z][a-z0-9+.-]*:\/\/[^\s/@…]*)(?= ?…?$)/;

/** Whoever shows more of a word than this shows no half of a secret, but a text. */
const LOOKED_AT_CHARACTERS = 300;

/** A text that may have been cut, without the beginning of a secret at its end. */
export function dropHalfSecret(text: string): string {
  const end = text.slice(-LOOKED_AT_CHARACTERS);
  return text.slice(0, text.length - end.length) + end.replace(HALF, "…");
}
