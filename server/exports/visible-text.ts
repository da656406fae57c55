/** Colours and cursor moves of terminals (ECMA-48), and titles of windows. */
// oxlint-disable-next-line no-control-regex -- that is what they are made of
const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])/g;
/** Everything that is not seen but changes what is: controls, and what turns the direction of text around. */
const UNSEEN = /[^\P{C}\n\t\r]/gu;

/** Text without the commands of terminals, in which nothing hides: what is not seen is written as its number. */
export function toVisibleText(text: string): string {
  return text
    .replace(ESCAPES, "")
    .replace(UNSEEN, (character) =>
      isHarmless(character) ? character : `⟦U+${hexOf(character)}⟧`,
    );
}

/** Joiners of scripts and emoji; characters that this version of Node does not know yet. */
const isHarmless = (character: string) =>
  character === "\u200c" || character === "\u200d" || /\p{Cn}|\p{Co}/u.test(character);

const hexOf = (character: string) =>
  (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
