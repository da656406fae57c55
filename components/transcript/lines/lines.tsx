"use client";

import clsx from "clsx";
import {
  memo,
  useCallback,
  useMemo,
  useRef,
  type CSSProperties,
  type MouseEvent,
  type ReactNode,
} from "react";
import { formatCount } from "#components/format/format-count.ts";
import { cutLineBlocks, estimateRows, type LineBlock } from "./line-blocks.ts";
import { formatLineRange, type LineRange } from "./line-range.ts";
import { LazyBlock } from "./lazy-block.tsx";
import { drawText } from "./draw-text.tsx";
import { selectLines, useLineRange } from "./use-line-range.ts";
import { countFound, useFoundText } from "../use-found.ts";

/** More blocks than this are not drawn: each is an element, however little is in it. */
const BLOCKS_MAX = 2_000;

/** Draws the lines of a block, in order. */
export type DrawBlock = (block: LineBlock) => readonly ReactNode[];

interface LinesProps {
  text: string;
  label: string;
  /** With it each line has a number that is a link, and the address may name lines. */
  partId?: string | null;
  /** Number of the first line where the text is a piece of a file. */
  firstNumber?: number;
  /** Text without any looks unless told. Must be the same function as long as it draws the same. */
  drawBlock?: DrawBlock | undefined;
  className?: string;
}

/**
 * Text of any length at most half a screen high, scrolling inside. Only blocks of lines near what is on screen are
 * elements; long lines wrap.
 */
export function Lines({
  text,
  label,
  partId = null,
  firstNumber = 1,
  drawBlock,
  className,
}: LinesProps) {
  const container = useRef<HTMLDivElement>(null);
  const blocks = useMemo(() => cutLineBlocks(text, BLOCKS_MAX), [text]);
  const draw = useCallback(
    (block: LineBlock) => drawBlock?.(block) ?? drawText(text, block),
    [drawBlock, text],
  );
  const range = useLineRange(partId);
  const wanted = useFoundText();
  const foundCounts = useMemo(
    () => (wanted === null ? null : blocks.map((block) => countInBlock(text, block, wanted))),
    [text, blocks, wanted],
  );
  const lineCount = blocks.reduce((sum, block) => sum + block.lineCount, 0);
  // The number of a single line tells nothing.
  const isNumbered = partId !== null && (lineCount > 1 || firstNumber > 1);
  const numberWidth = String(firstNumber + lineCount).length;
  return (
    <div
      ref={container}
      tabIndex={0}
      role="group"
      aria-label={label}
      onClick={partId === null ? undefined : (event) => followNumber(event, range)}
      style={{ "--number-width": `${numberWidth}ch` } as CSSProperties}
      className={clsx(
        "relative max-h-[50dvh] overflow-auto rounded-sm bg-sunken py-2.5 pr-10 font-mono text-code",
        isNumbered ? "pl-3 sm:pl-2" : "pl-3",
        className,
      )}
    >
      {blocks.map((block, index) => (
        <LazyBlock
          key={block.start}
          rowCount={estimateRows(block)}
          container={container}
          isFirst={block.firstLine === 1}
          isNow={overlap(block, range, firstNumber) !== null || blocks.length <= 2}
          foundCount={foundCounts?.[index] ?? 0}
        >
          <Block
            block={block}
            draw={draw}
            partId={isNumbered ? partId : null}
            firstNumber={firstNumber}
            range={overlap(block, range, firstNumber)}
          />
        </LazyBlock>
      ))}
      {(blocks.at(-1)?.end ?? 0) + 1 < text.length && (
        <p className="font-sans text-meta text-faint">
          Only the first {formatCount(lineCount, "line")} are shown here. Copying gives all of them.
        </p>
      )}
    </div>
  );
}

interface BlockProps {
  block: LineBlock;
  draw: DrawBlock;
  partId: string | null;
  firstNumber: number;
  range: LineRange | null;
}

const Block = memo(function Block({ block, draw, partId, firstNumber, range }: BlockProps) {
  return draw(block).map((content, index) => {
    const number = firstNumber - 1 + block.firstLine + index;
    const isSelected = range !== null && number >= range.fromLine && number <= range.toLine;
    return (
      <div
        key={number}
        ref={isSelected && number === range.fromLine ? scrollToFirst : undefined}
        data-selected={isSelected || undefined}
        className={clsx("flex min-h-5", isSelected && "bg-accent-wash")}
      >
        {partId !== null && (
          <a
            href={formatLineRange({ partId, fromLine: number, toLine: number })}
            data-line={number}
            data-part={partId}
            tabIndex={-1}
            aria-hidden
            // Drawn by the style: numbers are no part of the text, not for copying and not for finding.
            className="mr-3 w-(--number-width) shrink-0 text-right text-faint tabular select-none before:content-[attr(data-line)] hover:text-accent max-sm:hidden"
          />
        )}
        <span className="min-w-0 flex-1 [overflow-wrap:anywhere] whitespace-pre-wrap">
          {content}
        </span>
      </div>
    );
  });
});

/** Inside its box only: the page has come here by itself. */
function scrollToFirst(line: HTMLDivElement | null) {
  const box = line?.closest<HTMLElement>("[role=group]");
  if (!line || !box) return;
  const isInSight =
    line.offsetTop >= box.scrollTop && line.offsetTop < box.scrollTop + box.clientHeight;
  if (!isInSight) box.scrollTop = line.offsetTop - box.clientHeight / 3;
}

/** A press on a number puts its line into the address; with Shift everything from the marked line to it. */
function followNumber(event: MouseEvent, range: LineRange | null) {
  const link =
    event.target instanceof Element ? event.target.closest<HTMLElement>("a[data-line]") : null;
  if (link === null || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  const line = Number(link.dataset["line"]);
  const start = event.shiftKey && range !== null ? range.fromLine : line;
  selectLines({
    partId: link.dataset["part"] ?? "",
    fromLine: Math.min(start, line),
    toLine: Math.max(start, line),
  });
}

const countInBlock = (text: string, { start, end }: LineBlock, wanted: string) =>
  countFound(text.slice(start, end), wanted);

/** The range when it touches the block: blocks that it does not touch are not drawn again. */
function overlap(block: LineBlock, range: LineRange | null, firstNumber: number): LineRange | null {
  if (range === null) return null;
  const first = firstNumber - 1 + block.firstLine;
  return range.toLine >= first && range.fromLine < first + block.lineCount ? range : null;
}
