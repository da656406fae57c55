"use client";

import clsx from "clsx";
import { useMemo, useState } from "react";
import { formatBytes } from "#components/format/format-bytes.ts";
import { lineColours, ColouredText } from "#components/highlight/coloured-line.tsx";
import { useColours, type Colours } from "#components/highlight/use-colours.ts";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { ansiLines } from "./ansi/ansi-lines.tsx";
import { stripAnsi } from "./ansi/parse-ansi.ts";
import { DownloadButton } from "./download-button.tsx";
import { drawLines } from "./lines/draw-text.tsx";
import { Lines, type DrawBlock } from "./lines/lines.tsx";
import { useIsPartialBody } from "./partial-body.ts";
import { useNesting } from "./sub-session/nesting.ts";
import { useLineRange } from "./lines/use-line-range.ts";
import { useFoundOffset } from "./use-found.ts";

interface OutputBlockProps {
  label: string;
  text: string;
  isError?: boolean;
  /** With it the lines have numbers and can be linked. */
  partId?: string | null;
  /** Number of the first line, where the text is a piece of a file. */
  firstNumber?: number;
  /** Name of a grammar; null for terminal output. */
  language?: string | null;
}

/** Of a longer output the beginning is shown until somebody asks for the rest. UTF-16 units, about bytes. */
const SHOWN_MAX_LENGTH = 65_536;

/** Raw text, scrolling inside; copying gives all of it, whatever is shown. */
export function OutputBlock(props: OutputBlockProps) {
  const { label, text, isError = false, firstNumber = 1, language = null } = props;
  // Lines of another session are none of the page's.
  const isNested = useNesting() > 0;
  const partId = isNested ? null : (props.partId ?? null);
  const [isWhole, setIsWhole] = useState(false);
  const isNamed = useLineRange(partId) !== null;
  const foundOffset = useFoundOffset(text);
  if (foundOffset !== null && foundOffset > SHOWN_MAX_LENGTH / 2 && !isWhole) setIsWhole(true);
  const isToldAround = useIsPartialBody();
  const isCut = !isWhole && !isNamed && !isToldAround && text.length > SHOWN_MAX_LENGTH;
  const shown = useMemo(() => (isCut ? cutAtLine(text) : text), [isCut, text]);
  const { plain, drawBlock, note } = useLook(shown, language);
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <div className="group/output relative">
        <Lines
          label={label}
          text={plain}
          partId={partId}
          firstNumber={firstNumber}
          drawBlock={drawBlock}
          className={clsx(isError && "text-danger")}
        />
        <CopyButton
          text={() => stripAnsi(text)}
          label={`Copy ${label.toLowerCase()}`}
          className="absolute top-1 right-1 bg-sunken opacity-0 group-focus-within/output:opacity-100 group-hover/output:opacity-100 pointer-coarse:opacity-100"
        />
      </div>
      {isCut && (
        <p className="text-meta text-faint">
          {formatBytes(text.length)} of text, showing the first {formatBytes(shown.length)}
          {" · "}
          <button
            type="button"
            onClick={() => setIsWhole(true)}
            className="rounded font-medium text-accent underline underline-offset-2"
          >
            Show all
          </button>
          {" · "}
          <DownloadButton text={text} name={`${label.toLowerCase().replaceAll(/\W+/g, "-")}.txt`} />
        </p>
      )}
      {note !== null && <p className="text-meta text-faint">{note}</p>}
    </div>
  );
}

/** The beginning up to the end of a line, or a whole character. */
function cutAtLine(text: string): string {
  const newline = text.lastIndexOf("\n", SHOWN_MAX_LENGTH);
  if (newline > SHOWN_MAX_LENGTH / 2) return text.slice(0, newline);
  return text.slice(0, SHOWN_MAX_LENGTH).replace(/[\ud800-\udbff]$/, "");
}

interface Look {
  /** The text that is drawn. */
  plain: string;
  drawBlock: DrawBlock | undefined;
  /** Why it has no colours. */
  note: string | null;
}

function useLook(text: string, language: string | null): Look {
  const ansi = useMemo(
    () => (language === null ? ansiLines(text) : { plain: text, drawBlock: undefined }),
    [text, language],
  );
  const { colours, trouble } = useColours(ansi.plain, language);
  const drawCode = useMemo(() => drawColoured(ansi.plain, colours), [ansi.plain, colours]);
  const isColourless = trouble !== null || ("isColourless" in ansi && ansi.isColourless);
  return {
    plain: ansi.plain,
    drawBlock: ansi.drawBlock ?? drawCode,
    note: isColourless ? "Without colours: there is too much of it." : null,
  };
}

function drawColoured(text: string, colours: Colours | null): DrawBlock | undefined {
  if (colours === null) return undefined;
  return (block) =>
    drawLines(text, block, (line, index) => (
      <ColouredText text={line} line={lineColours(colours, block.firstLine - 1 + index, line)} />
    ));
}
