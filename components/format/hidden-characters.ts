import { visibleText } from "./visible-text.ts";

/** Stands between these: joins pictures to one, and letters of scripts that ask for it. */
const JOINED =
  "(?<=[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\ufe0f]|(?![\\p{sc=Latin}\\p{sc=Greek}\\p{sc=Cyrillic}\\p{sc=Han}])\\p{L}\\p{M}*)[\\u200c\\u200d]";
const STYLED = "(?<=\\p{Emoji})[\\ufe0e\\ufe0f]";
/** The longest name of a region has six letters and an end. */
const FLAG = "(?<=\\u{1f3f4}[\\u{e0020}-\\u{e007e}]{0,6})[\\u{e0020}-\\u{e007f}]";
const HARMLESS = `${JOINED}|${STYLED}|${FLAG}|\\r\\n`;
const CONTROL = "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]";
const HIDDEN = new RegExp(`(?!${HARMLESS})(?:\\p{Default_Ignorable_Code_Point}|${CONTROL})`, "gu");
const IS_CONTROL = new RegExp(CONTROL, "u");

/**
 * Like `visibleText`, for words that somebody is about to answer for: of all that has no width or turns the direction
 * only what emoji and scripts are made of stays unseen; the rest stands there by its number, `⟨U+200B⟩`.
 */
export function revealHidden(text: string): string {
  const numbered = text.replaceAll(HIDDEN, (found) =>
    IS_CONTROL.test(found) ? found : name(found),
  );
  return visibleText(numbered);
}

/** How many characters `revealHidden` shows in another way, but for halves of one. */
export const countHidden = (text: string): number => text.match(HIDDEN)?.length ?? 0;

/** The text as it looks, without what `countHidden` counts. */
export const withoutHidden = (text: string): string => text.replaceAll(HIDDEN, "");

const name = (found: string) =>
  `⟨U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
