import type { ReactNode } from "react";
import { formatCount } from "#components/format/format-count.ts";
import { visibleText } from "#components/format/visible-text.ts";
import type { LineBlock } from "./line-blocks.ts";

/** Longer lines are cut on screen: laying out one enormous line costs more than thousands of short ones. UTF-16 units. */
export const LINE_MAX_LENGTH = 10_000;

/** Lines as they are. */
export function drawText(text: string, block: LineBlock): readonly ReactNode[] {
  return drawLines(text, block, visibleText);
}

/** The lines of a block, each drawn by `draw`, which gets its index in the block; of too long ones the beginning. */
export function drawLines(
  text: string,
  { start, end }: LineBlock,
  draw: (line: string, index: number) => ReactNode,
): readonly ReactNode[] {
  const lines: ReactNode[] = [];
  for (let from = start; from <= end;) {
    const newline = text.indexOf("\n", from);
    const to = newline === -1 || newline > end ? end : newline;
    const length = to - from;
    const content = draw(text.slice(from, Math.min(to, from + LINE_MAX_LENGTH)), lines.length);
    lines.push(
      length > LINE_MAX_LENGTH ? (
        <>
          {content}
          <CutMark length={length} />
        </>
      ) : (
        content
      ),
    );
    from = to + 1;
  }
  return lines;
}

/** Says how long the line is of which only the beginning is drawn. */
export function CutMark({ length }: { length: number }) {
  return (
    <span className="font-sans text-meta text-faint select-none">
      {" "}
      … ({formatCount(length, "character")} in this line)
    </span>
  );
}
