import { Lexer, type Token, type TokensList } from "marked";
import { footnoteExtensions } from "./footnotes.ts";

/** A longer text is shown as it is. UTF-16 units. */
const TEXT_MAX_LENGTH = 200_000;
/** A longer block (a table, a list, a paragraph; not code) is shown as it is. */
const BLOCK_MAX_LENGTH = 50_000;
/**
 * Marks that may begin something (emphasis, links, code, HTML), times the length that is searched for their ends: what
 * costs more is shown as it is. A page of ordinary prose stays below a tenth of it.
 */
const INLINE_MAX_COST = 2_000_000;
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
  /** All of it was too large or too tangled to format. */
  isPlain: boolean;
  /** Pieces of it were. */
  hasPlain: boolean;
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
  // A definition of a link or a footnote may be for any block, also for those before it.
  const isDefinition = ({ token }: Block) => token?.type === "def" || token?.type === "footnote";
  if (kept.length > 0 && [...kept, ...added.blocks].some(isDefinition)) return parseBlocks(text);
  const hasPlain = added.hasPlain || (kept.length > 0 && previous?.hasPlain === true);
  return { text, blocks: [...kept, ...added.blocks], isPlain: added.isPlain, hasPlain };
}

function plain(text: string): ParsedText {
  const blocks = text === "" ? [] : [{ raw: text, token: null }];
  return { text, blocks, isPlain: true, hasPlain: true };
}

/** Blocks that more text cannot change: all before the last one that is not blank lines. */
function keptBlocks(previous: ParsedText, text: string): readonly Block[] {
  const last = previous.blocks.findLastIndex(({ token }) => token?.type !== "space");
  const blocks = previous.blocks.slice(0, Math.max(0, last));
  return text.startsWith(blocks.map(({ raw }) => raw).join("")) ? blocks : [];
}

/** Null when not even the block structure can be read within reason. */
function lex(text: string): Omit<ParsedText, "text"> | null {
  if (isTangled(text)) return null;
  const startMs = performance.now();
  const lexer = new Lexer({ gfm: true, extensions: footnoteExtensions(text) });
  try {
    const tokens = lexer.blockTokens(text, [] as unknown as TokensList);
    const outcome = lexInline(lexer, startMs);
    const isPlain = outcome === "too-slow";
    const blocks = isPlain ? tokens.map(({ raw }) => ({ raw, token: null })) : tokens.map(toBlock);
    const hasPlain = outcome !== "formatted" || blocks.some(({ token }) => token === null);
    return { blocks, isPlain, hasPlain };
  } catch {
    return null;
  }
}

function toBlock(token: Token): Block {
  const { raw, type } = token;
  if (type === "code" || raw.length <= BLOCK_MAX_LENGTH) return { raw, token };
  const [, text, href] = LONE_PICTURE.exec(raw) ?? [];
  if (text === undefined || href === undefined) return { raw, token: null };
  const picture = { type: "image", raw, href, title: null, text, tokens: [] };
  return { raw, token: { type: "paragraph", raw, text: raw, tokens: [picture] } };
}

/** A paragraph that is one picture with all its bytes: its length costs nothing. */
const LONE_PICTURE =
  /^!\[([^\]\n]{0,1000})\]\((data:image\/[a-z]{1,10};base64,[A-Za-z0-9+/]+={0,2})\)\s*$/;

/** Fills the inline tokens, as far as they are worth their time. */
function lexInline(lexer: Lexer, startMs: number): "formatted" | "partly" | "too-slow" {
  let outcome: "formatted" | "partly" = "formatted";
  for (const { src, tokens } of lexer.inlineQueue) {
    if (src.length > BLOCK_MAX_LENGTH) continue;
    const isText = !MARKS.test(src);
    const isTooCostly = !isText && inlineCost(src) > INLINE_MAX_COST;
    if (isTooCostly) outcome = "partly";
    if (isText || isTooCostly) tokens.push({ type: "text", raw: src, text: src, escaped: true });
    else if (performance.now() - startMs > BUDGET_MS) return "too-slow";
    else lexer.inlineTokens(src, tokens);
  }
  return outcome;
}

/** Text without any of these is text and nothing else. */
const MARKS = /[\\`*_~[\]!<&@\n]|:\/\/|www\./i;

function inlineCost(source: string): number {
  let marks = 0;
  for (let index = 0; index < source.length; index += 1) {
    const code = source.charCodeAt(index);
    // `*`, `_`, `~`, `[`, `!`, `<`, backtick, and what begins an address.
    if (code === 42 || code === 95 || code === 126 || code === 91) marks += 1;
    else if (code === 33 || code === 60 || code === 96 || code === 58) marks += 1;
  }
  return marks * source.length;
}

/** Shapes that cost any Markdown parser far more than their length. */
const tangles: readonly RegExp[] = [
  // Quotes in quotes, lists in lists on one line, lists in lists by indentation.
  new RegExp(`^[ ]{0,3}(?:>[ ]?){${NESTING_MAX},}`, "m"),
  new RegExp(`^(?:[ ]{0,3}(?:[-*+]|\\d{1,9}[.)])[ ]+){${NESTING_MAX},}`, "m"),
  new RegExp(`^[ \\t]{${NESTING_MAX * 4},}[-*+] `, "m"),
];

/** Lists with more lines take time that grows faster than they do. */
const LIST_LINES_MAX = 3_000;

function isTangled(text: string): boolean {
  if (hasMarkRun(text) || tangles.some((pattern) => pattern.test(text))) return true;
  if (text.length < LIST_LINES_MAX * 3) return false;
  const lines = text.match(/^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]/gm);
  return lines !== null && lines.length > LIST_LINES_MAX;
}

/** So many brackets and marks in a row. */
const MARK_RUN_LENGTH = 400;
const MARK_RUN = new RegExp(`[[\\]()*_~\`<!]{${MARK_RUN_LENGTH}}`);

function hasMarkRun(text: string): boolean {
  // A run of that length lies on one of these places: looking there costs nearly nothing.
  for (let index = MARK_RUN_LENGTH - 1; index < text.length; index += MARK_RUN_LENGTH)
    if ("[]()*_~`<!".includes(text.charAt(index))) return MARK_RUN.test(text);
  return false;
}
