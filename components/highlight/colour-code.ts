import { createCssVariablesTheme, createHighlighterCore, type HighlighterCore } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";
import { roles, type ColourAnswer, type ColouredLine, type ColourRequest } from "./code-colours.ts";
import { grammars } from "./grammars.ts";

/** Longer lines stay without colours: they are data, and cost the most. */
const LINE_MAX_LENGTH = 2_000;

const THEME = "css-variables";

let started: Promise<HighlighterCore> | null = null;

/** Finds the roles of every piece of a text. Slow: for workers. Null for a grammar that is not there. */
export async function colourCode({ text, language }: ColourRequest): Promise<ColourAnswer | null> {
  const load = Object.hasOwn(grammars, language) ? grammars[language] : undefined;
  if (load === undefined) return null;
  started ??= createHighlighterCore({
    themes: [createCssVariablesTheme({ name: THEME, variablePrefix: "--", fontStyle: false })],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
  const highlighter = await started;
  await highlighter.loadLanguage((await load()).default);
  const lines = highlighter.codeToTokensBase(text, {
    lang: language,
    theme: THEME,
    tokenizeMaxLineLength: LINE_MAX_LENGTH,
    // The queue bounds the time of the whole; a bound for each line would cut the first one, which compiles the grammar.
    tokenizeTimeLimit: 0,
  });
  return lines.map((tokens) => toColouredLine(tokens));
}

function toColouredLine(tokens: readonly { content: string; color?: string }[]): ColouredLine {
  const line: number[] = [];
  for (const { content, color } of tokens) {
    const role = roleOf(color);
    const isBlank = content.trim() === "";
    if (line.length > 0 && (isBlank || line.at(-1) === role))
      line[line.length - 2] = (line.at(-2) ?? 0) + content.length;
    else line.push(content.length, role);
  }
  return line;
}

/** `var(--token-keyword)` is the second role. */
function roleOf(color: string | undefined): number {
  const name = /^var\(--(?:token-)?([\w-]+)\)$/.exec(color ?? "")?.[1] ?? "";
  return Math.max(0, roles.indexOf(name as (typeof roles)[number]));
}
