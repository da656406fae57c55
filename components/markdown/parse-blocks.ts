import { Lexer, type Token, type TokensList } from "marked";

/** A longer text is shown as it is. UTF-16 units. */
const TEXT_MAX_LENGTH = 200_000;
/** A longer block (a table, a list, a paragraph; not code) is shown as it is. */
const BLOCK_MAX_LENGTH = 50_000;
/** Quotes and lists nested deeper than this are shown as text. */
const NESTING_MAX = 24;
/**
 * Time for one text, of which only new blocks take any. The bounds above keep known tangles far below it, so that
 * server and browser agree on what is plain; this one is for the tangle that nobody knows yet.
 */
const BUDGET_MS = 1_000;

export interface Block {
  /** The block's source; equal sources are equal blocks. */
  raw: string;
  /** Null where the source is shown as it is, because parsing it costs too much. */
  token: Token | null;
}

export interface ParsedText {
  text: string;
  blocks: readonly Block[];
  /** Some of it was too large or too tangled to format. */
  isPlain: boolean;
}

/**
 * Cuts Markdown into top-level blocks. With the `previous` result of a text that this one continues, only its last
 * block is read again, so that a growing answer costs what was added. Never throws; whatever exceeds the budgets
 * comes back as plain blocks.
 */
export function parseBlocks(source: string, previous: ParsedText | null = null): ParsedText {
  const text = source.replaceAll(/\r\n?/g, "\n");
  if (text === previous?.text) return previous;
  if (text.length > TEXT_MAX_LENGTH) return plain(text);
  const kept = previous && !previous.isPlain ? keptBlocks(previous, text) : [];
  const rest = text.slice(kept.reduce((length, block) => length + block.raw.length, 0));
  const added = lex(rest) ?? plain(rest);
  return { text, blocks: [...kept, ...added.blocks], isPlain: added.isPlain };
}

function plain(text: string): ParsedText {
  return { text, blocks: text === "" ? [] : [{ raw: text, token: null }], isPlain: true };
}

/** Blocks that more text cannot change: all before the last one that is not blank lines. */
function keptBlocks(previous: ParsedText, text: string): readonly Block[] {
  const last = previous.blocks.findLastIndex(({ token }) => token?.type !== "space");
  const blocks = previous.blocks.slice(0, Math.max(0, last));
  return text.startsWith(blocks.map(({ raw }) => raw).join("")) ? blocks : [];
}

/** Null when not even the block structure can be read within reason. */
function lex(text: string): { blocks: Block[]; isPlain: boolean } | null {
  if (isTangled(text)) return null;
  const startMs = performance.now();
  const lexer = new Lexer({ gfm: true });
  try {
    const tokens = lexer.blockTokens(text, [] as unknown as TokensList);
    const isPlain = !lexInline(lexer, startMs);
    return {
      isPlain,
      blocks: isPlain ? tokens.map(({ raw }) => ({ raw, token: null })) : tokens.map(toBlock),
    };
  } catch {
    return null;
  }
}

function toBlock(token: Token): Block {
  const isTooLong = token.type !== "code" && token.raw.length > BLOCK_MAX_LENGTH;
  return { raw: token.raw, token: isTooLong ? null : token };
}

/** Fills the inline tokens; false when the budget ran out. */
function lexInline(lexer: Lexer, startMs: number): boolean {
  for (const { src, tokens } of lexer.inlineQueue) {
    if (src.length > BLOCK_MAX_LENGTH) continue;
    if (performance.now() - startMs > BUDGET_MS) return false;
    lexer.inlineTokens(src, tokens);
  }
  lexer.inlineQueue = [];
  return true;
}

/** Shapes that cost any Markdown parser far more than their length. */
function isTangled(text: string): boolean {
  const deepQuote = new RegExp(`^[ ]{0,3}(?:>[ ]?){${NESTING_MAX},}`, "m");
  const deepList = new RegExp(`^(?:[ ]{0,3}(?:[-*+]|\\d{1,9}[.)])[ ]+){${NESTING_MAX},}`, "m");
  const deepIndent = new RegExp(`^[ \\t]{${NESTING_MAX * 4},}[-*+] `, "m");
  const bracketRun = /[[\]()*_~`<!]{400,}/;
  return [deepQuote, deepList, deepIndent, bracketRun].some((pattern) => pattern.test(text));
}
