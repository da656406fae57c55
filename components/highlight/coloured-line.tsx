import { visibleText } from "#components/format/visible-text.ts";
import { roles, type ColouredLine, type Role } from "./code-colours.ts";
import type { Colours } from "./use-colours.ts";

const classes: Readonly<Record<Role, string>> = {
  foreground: "",
  keyword: "text-code-keyword",
  string: "text-code-string",
  "string-expression": "text-code-string",
  comment: "text-code-comment",
  constant: "text-code-constant",
  function: "text-code-function",
  parameter: "text-code-parameter",
  punctuation: "text-code-punctuation",
  link: "text-code-function",
};

interface ColouredTextProps {
  /** One line. */
  text: string;
  line: ColouredLine | undefined;
}

/** A line in its colours; plain where there are none. */
export function ColouredText({ text, line }: ColouredTextProps) {
  if (line === undefined || line.length === 0) return visibleText(text);
  let start = 0;
  const pieces = [];
  for (let index = 0; index < line.length; index += 2) {
    const end = start + (line[index] ?? 0);
    const className = classes[roles[line[index + 1] ?? 0] ?? "foreground"];
    const piece = visibleText(text.slice(start, end));
    pieces.push(
      className === "" ? (
        piece
      ) : (
        <span key={index} className={className}>
          {piece}
        </span>
      ),
    );
    start = end;
  }
  pieces.push(visibleText(text.slice(start)));
  return pieces;
}

/** The colours of a line as long as it is still the line that they were found for. */
export function lineColours(colours: Colours | null, index: number, text: string) {
  return colours?.source[index] === text ? colours.lines[index] : undefined;
}
