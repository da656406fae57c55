import { toVisibleText } from "./visible-text.ts";

const ESCAPE = "\u001b";
/** A command of a terminal that is longer is shown: nothing hides for it. */
const HELD_MAX_CHARACTERS = 4_096;

/** `toVisibleText` for a text that comes in pieces; holds the beginning of what may be a command. */
export class VisibleText {
  #held = "";

  push(piece: string): string {
    const text = this.#held + piece;
    const end = endOfWhole(text);
    this.#held = text.slice(end);
    return toVisibleText(text.slice(0, end));
  }

  end(): string {
    const text = toVisibleText(this.#held);
    this.#held = "";
    return text;
  }
}

/** Before the last command that may go on behind the text, and before half a character. */
function endOfWhole(text: string): number {
  const last = text.charCodeAt(text.length - 1);
  const isHalf = last >= 0xd800 && last <= 0xdbff;
  const escape = text.lastIndexOf(ESCAPE);
  const isOpen = escape !== -1 && text.length - escape < HELD_MAX_CHARACTERS;
  // The end of a title of a window is an escape itself.
  const title = isOpen && text[escape + 1] === "\\" ? text.lastIndexOf(ESCAPE, escape - 1) : -1;
  const start = title !== -1 && text.length - title < HELD_MAX_CHARACTERS ? title : escape;
  return isOpen ? start : text.length - Number(isHalf);
}
