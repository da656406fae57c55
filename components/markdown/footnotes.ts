import type { MarkedOptions, Token, Tokens } from "marked";

/** A note, where it stands: `[^1]: what it says`. Its paragraphs hold inline tokens. */
export interface FootnoteToken extends Tokens.Generic {
  type: "footnote";
  label: string;
  paragraphs: Token[][];
}

/** A mention of a note that there is: `[^1]`. */
export interface FootnoteMarkToken extends Tokens.Generic {
  type: "footnote-mark";
  label: string;
}

const BEGINNING = /^ {0,3}\[\^([^\s[\]]{1,100})\]:[ \t]*/;
const MARK = /^\[\^([^\s[\]]{1,100})\]/;
/** A line that begins something else ends a note. */
const OTHER_BLOCK = /^ {0,3}(?:\[\^|#{1,6}\s|```|~~~|>|[-*+] |\d{1,9}[.)] )/;
const INDENTED = /^(?: {4}|\t)/;

/** What reads footnotes, for one text; null where there are none, which costs nothing. */
export function footnoteExtensions(text: string): MarkedOptions["extensions"] {
  if (!text.includes("[^")) return null;
  const labels = new Set<string>();
  return {
    renderers: {},
    childTokens: {},
    block: [
      function readNote(source) {
        const note = cutNote(source);
        if (note === null) return undefined;
        labels.add(note.label);
        const paragraphs = note.paragraphs.map((each) => this.lexer.inline(each));
        return { type: "footnote", raw: note.raw, label: note.label, paragraphs };
      },
    ],
    inline: [
      function readMark(source) {
        const [raw, label] = MARK.exec(source) ?? [];
        if (raw === undefined || label === undefined || !labels.has(label)) return undefined;
        return { type: "footnote-mark", raw, label };
      },
    ],
  };
}

/** The note that a source begins with: its first lines, and indented paragraphs below. */
function cutNote(source: string): { raw: string; label: string; paragraphs: string[] } | null {
  const [beginning, label] = BEGINNING.exec(source) ?? [];
  if (beginning === undefined || label === undefined) return null;
  const paragraphs: string[][] = [[]];
  let end = 0;
  let isAfterBlank = false;
  for (let start = 0; start < source.length;) {
    const newline = source.indexOf("\n", start);
    const next = newline === -1 ? source.length : newline + 1;
    const line = source.slice(start === 0 ? beginning.length : start, next).trimEnd();
    const isBlank = line.trim() === "";
    if (start > 0 && !isBlank) {
      if (isAfterBlank ? !INDENTED.test(line) : OTHER_BLOCK.test(line)) break;
      if (isAfterBlank) paragraphs.push([]);
    }
    if (!isBlank) {
      paragraphs.at(-1)?.push(line.trimStart());
      end = next;
    }
    isAfterBlank = isBlank && start > 0;
    start = next;
  }
  const raw = source.slice(0, Math.max(end, beginning.length));
  return { raw, label, paragraphs: paragraphs.map((lines) => lines.join("\n")) };
}
