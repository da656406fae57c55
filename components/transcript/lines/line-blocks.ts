/** Neighbouring lines that are drawn together. */
export interface LineBlock {
  /** Number of the first line, from 1. */
  firstLine: number;
  lineCount: number;
  /** Where the block is in its text: UTF-16 units, the end without the last newline. */
  start: number;
  end: number;
}

const BLOCK_MAX_LINES = 100;
/** A block of long lines ends sooner. */
const BLOCK_MAX_LENGTH = 16_384;

/** Cuts a text into at most `blocksMax` blocks of lines. Walks over the text once and holds no line of it. */
export function cutLineBlocks(text: string, blocksMax = Number.POSITIVE_INFINITY): LineBlock[] {
  const blocks: LineBlock[] = [];
  const limit = text.endsWith("\n") ? text.length - 1 : text.length;
  let firstLine = 1;
  if (text === "") return blocks;
  let start = 0;
  while (start <= limit && blocks.length < blocksMax) {
    let end = start;
    let lineCount = 0;
    for (let next = start; lineCount < BLOCK_MAX_LINES && next <= limit; next = end + 1) {
      const newline = text.indexOf("\n", next);
      end = newline === -1 || newline > limit ? limit : newline;
      lineCount += 1;
      if (end - start > BLOCK_MAX_LENGTH || end === limit) break;
    }
    blocks.push({ firstLine, lineCount, start, end });
    firstLine += lineCount;
    start = end + 1;
  }
  return blocks;
}

/** Lines of text as they will stand on screen at about so many characters in a row. */
export function estimateRows(block: LineBlock, rowLength = 100): number {
  return Math.max(block.lineCount, Math.ceil((block.end - block.start) / rowLength));
}
