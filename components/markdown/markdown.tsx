"use client";

import { memo, useMemo, useState } from "react";
import { visibleText } from "#components/format/visible-text.ts";
import { BlockToken } from "./block-token.tsx";
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
      {parsed.isPlain && text !== "" && (
        <p className="text-meta text-faint">
          Shown as plain text: it is too large or too deeply nested to format.
        </p>
      )}
    </div>
  );
});

const MemoBlock = memo(
  function MemoBlock({ block }: { block: Block }) {
    if (block.token !== null) return <BlockToken token={block.token} />;
    return (
      <p className="max-h-[60dvh] overflow-auto whitespace-pre-wrap [overflow-wrap:anywhere]">
        {visibleText(block.raw)}
      </p>
    );
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
