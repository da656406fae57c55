"use client";

import { memo, useMemo, useState } from "react";
import { visibleText } from "#components/format/visible-text.ts";
import { LazyOutputBlock } from "#components/transcript/lazy-parts.tsx";
import { drawBlock } from "./draw-block.tsx";
import { parseBlocks, type Block, type ParsedText } from "./parse-blocks.ts";

/**
 * Markdown as React elements, without a string of HTML anywhere. A text that grows is read from its last block on,
 * and only blocks whose source changed are drawn again.
 */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  const parsed = useParsedText(text);
  return (
    <div className="flex min-w-0 flex-col gap-3">
      {parsed.blocks.map((block, index) => (
        <MemoBlock key={index} block={block} />
      ))}
      {parsed.hasPlain && text !== "" && (
        <p className="text-meta text-faint">
          {parsed.isPlain ? "Shown" : "Some of it is shown"} as plain text: it is too large or too
          deeply nested to format.
        </p>
      )}
    </div>
  );
});

/** Longer plain text has a box of its own that draws only what is on screen. UTF-16 units. */
const PLAIN_MAX_LENGTH = 4_000;

const MemoBlock = memo(
  function MemoBlock({ block }: { block: Block }) {
    if (block.token !== null) return drawBlock(block.token);
    if (block.raw.length > PLAIN_MAX_LENGTH)
      return <LazyOutputBlock label="Plain text" text={block.raw} />;
    return <p className="[overflow-wrap:anywhere] whitespace-pre-wrap">{visibleText(block.raw)}</p>;
  },
  (before, after) =>
    before.block.raw === after.block.raw &&
    (before.block.token === null) === (after.block.token === null),
);

/** Reads a text with the help of the last result: a cache, whose loss would only cost time. */
function useParsedText(text: string): ParsedText {
  const [parse] = useState(createTextParser);
  return useMemo(() => parse(text), [parse, text]);
}

function createTextParser() {
  let last: ParsedText | null = null;
  return (text: string) => (last = parseBlocks(text, last));
}
