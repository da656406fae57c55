/** A word at the end that could go on as a token, or as a password in an address. */
const HALF =
  /(?:^|(?<=[\s"'`(:=,]))(?:(?=[\w+=-]*\d)(?=[\w+=-]*[A-Za-z])[\w+=-]{8,}|[a-z][a-z0-9+.-]*:\/\/[^\s/@…]*)(?= ?…?$)/;

/** A text that may have been cut, without the beginning of a secret at its end. */
export const dropHalfSecret = (text: string): string => text.replace(HALF, "…");
