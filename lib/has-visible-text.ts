/**
 * False for a text that looks empty: blanks, control characters, and what draws nothing (zero-width characters, fillers,
 * the empty Braille pattern).
 */
export const hasVisibleText = (text: string): boolean =>
  /[^\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u.test(text);
