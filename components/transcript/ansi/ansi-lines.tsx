import clsx from "clsx";
import type { ReactNode } from "react";
import { visibleText } from "#components/format/visible-text.ts";
import { CutMark, LINE_MAX_LENGTH } from "../lines/draw-text.tsx";
import type { DrawBlock } from "../lines/lines.tsx";
import { parseAnsi, stripAnsi, type AnsiColour, type AnsiRun } from "./parse-ansi.ts";

const classes: Record<AnsiColour, string> = {
  red: "text-ansi-red",
  green: "text-ansi-green",
  yellow: "text-ansi-yellow",
  blue: "text-ansi-blue",
  magenta: "text-ansi-magenta",
  cyan: "text-ansi-cyan",
  dim: "text-faint",
};

/** More text than this is shown without colours. UTF-16 units. */
const COLOUR_MAX_LENGTH = 262_144;
/** So are more changes of colour; of those in a block of lines only the first ones are drawn. */
const RUNS_MAX = 50_000;
const BLOCK_RUNS_MAX = 2_000;

interface AnsiLines {
  /** What is left without escapes, and of rewritten lines the last state. */
  plain: string;
  /** Draws the lines of `plain` in their colours; undefined where there are none. */
  drawBlock: DrawBlock | undefined;
  /** There were colours, but too many. */
  isColourless: boolean;
}

/** Terminal output as lines. */
export function ansiLines(text: string): AnsiLines {
  if (!text.includes("\u001b") && !text.includes("\r"))
    return { plain: text, drawBlock: undefined, isColourless: false };
  if (text.length > COLOUR_MAX_LENGTH)
    return { plain: stripAnsi(text), drawBlock: undefined, isColourless: text.includes("\u001b[") };
  const runs = parseAnsi(text);
  const plain = runs.map((run) => run.text).join("");
  if (runs.length > RUNS_MAX) return { plain, drawBlock: undefined, isColourless: true };
  const lines = toLines(runs);
  const drawBlock: DrawBlock = ({ firstLine, lineCount }) => {
    let left = BLOCK_RUNS_MAX;
    return lines.slice(firstLine - 1, firstLine - 1 + lineCount).map((line) => {
      const drawn = drawLine(line, left);
      left = Math.max(0, left - line.length);
      return drawn;
    });
  };
  return { plain, drawBlock, isColourless: false };
}

function toLines(runs: readonly AnsiRun[]): AnsiRun[][] {
  const lines: AnsiRun[][] = [[]];
  for (const run of runs) {
    for (const [index, text] of run.text.split("\n").entries()) {
      if (index > 0) lines.push([]);
      if (text !== "") lines.at(-1)?.push({ ...run, text });
    }
  }
  return lines;
}

/** The first `runsMax` runs in their colours, the rest of the line without. */
function drawLine(runs: readonly AnsiRun[], runsMax: number): ReactNode {
  const length = runs.reduce((sum, { text }) => sum + text.length, 0);
  const nodes: ReactNode[] = [];
  let left = LINE_MAX_LENGTH;
  for (const [index, run] of runs.slice(0, runsMax).entries()) {
    if (left <= 0) break;
    nodes.push(<Run key={index} run={run} text={run.text.slice(0, left)} />);
    left -= run.text.length;
  }
  const rest = runs.slice(runsMax).map(({ text }) => text);
  if (left > 0 && rest.length > 0) nodes.push(visibleText(rest.join("").slice(0, left)));
  if (length > LINE_MAX_LENGTH) nodes.push(<CutMark key="cut" length={length} />);
  return nodes;
}

function Run({ run, text }: { run: AnsiRun; text: string }) {
  const className = clsx(
    run.colour && classes[run.colour],
    run.isBold && "font-semibold",
    run.isDim && "text-faint",
    run.isItalic && "italic",
    run.isUnderlined && "underline",
  );
  return className === "" ? (
    visibleText(text)
  ) : (
    <span className={className}>{visibleText(text)}</span>
  );
}
