export type AnsiColour = "red" | "green" | "yellow" | "blue" | "magenta" | "cyan" | "dim";

/** A run of terminal text with one look. */
export interface AnsiRun {
  text: string;
  colour: AnsiColour | null;
  isBold: boolean;
  isDim: boolean;
  isItalic: boolean;
  isUnderlined: boolean;
}

type Look = Omit<AnsiRun, "text">;

const plainLook: Look = {
  colour: null,
  isBold: false,
  isDim: false,
  isItalic: false,
  isUnderlined: false,
};
/** Black and white are the page's own ink: on one of the two schemes either would be invisible. */
const colours = [null, "red", "green", "yellow", "blue", "magenta", "cyan", null] as const;

const ESC = String.fromCharCode(27);
const BELL = String.fromCharCode(7);
/** A control sequence, a title or link (operating system command), or any other escape of two characters. */
const ESCAPE = new RegExp(
  [
    `${ESC}\\[([0-9;:]*)([ -/]*[@-~])`,
    `${ESC}\\][^${BELL}${ESC}]*(?:${BELL}|${ESC}\\\\)?`,
    `${ESC}[@-Z\\\\^_]?`,
  ].join("|"),
  "g",
);

/**
 * Cuts terminal output into runs. Colours come from the page's own palette so that they stay readable; cursor
 * movements, titles and backgrounds are dropped, and of a line rewritten with `\r` the last state is kept.
 */
export function parseAnsi(output: string): AnsiRun[] {
  const text = keepLastState(output);
  const runs: AnsiRun[] = [];
  let look = plainLook;
  let end = 0;
  const push = (piece: string) => {
    if (piece !== "") runs.push({ ...look, text: piece });
  };
  for (const match of text.matchAll(ESCAPE)) {
    push(text.slice(end, match.index));
    end = match.index + match[0].length;
    if (match[2] === "m") look = applyCodes(look, (match[1] ?? "").split(/[;:]/).map(Number));
  }
  push(text.slice(end));
  return runs;
}

/** The text without any escapes: what copying gives. */
export function stripAnsi(output: string): string {
  return output.replaceAll(ESCAPE, "");
}

/** Progress bars write a line many times over. */
function keepLastState(output: string): string {
  const text = output.replaceAll("\r\n", "\n");
  if (!text.includes("\r")) return text;
  return text
    .split("\n")
    .map((line) => line.replace(/\r+$/, "").split("\r").at(-1) ?? "")
    .join("\n");
}

function applyCodes(look: Look, codes: readonly number[]): Look {
  let next = look;
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    if (code === 38 || code === 48) {
      const isIndexed = codes[index + 1] === 5;
      if (code === 38)
        next = {
          ...next,
          colour: isIndexed
            ? ofIndex(codes[index + 2] ?? 0)
            : ofRgb(codes.slice(index + 2, index + 5)),
        };
      index += isIndexed ? 2 : 4;
    } else next = applyCode(next, code);
  }
  return next;
}

function applyCode(look: Look, code: number): Look {
  if (code === 0) return plainLook;
  if (code === 1) return { ...look, isBold: true };
  if (code === 2) return { ...look, isDim: true };
  if (code === 3) return { ...look, isItalic: true };
  if (code === 4) return { ...look, isUnderlined: true };
  if (code === 22) return { ...look, isBold: false, isDim: false };
  if (code === 23) return { ...look, isItalic: false };
  if (code === 24) return { ...look, isUnderlined: false };
  if (code === 39) return { ...look, colour: null };
  if (code === 90) return { ...look, colour: "dim" };
  if (code >= 30 && code <= 37) return { ...look, colour: colours[code - 30] ?? null };
  if (code >= 91 && code <= 97) return { ...look, colour: colours[code - 90] ?? null };
  return look;
}

/** One of the 256 colours as the nearest of ours: 16 named ones, a cube of 6 × 6 × 6, 24 greys. */
function ofIndex(index: number): AnsiColour | null {
  if (index === 8) return "dim";
  if (index < 16) return colours[index % 8] ?? null;
  if (index >= 232) return index < 246 ? "dim" : null;
  const cube = index - 16;
  return ofRgb(
    [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((step) => step * 51),
  );
}

function ofRgb([red = 0, green = 0, blue = 0]: readonly number[]): AnsiColour | null {
  const high = Math.max(red, green, blue);
  const low = Math.min(red, green, blue);
  if (high - low < 40) return high > 60 && high < 170 ? "dim" : null;
  const strong = [red, green, blue].map((channel) => channel > low + (high - low) / 2);
  const bits = (strong[0] ? 1 : 0) + (strong[1] ? 2 : 0) + (strong[2] ? 4 : 0);
  return colours[bits] ?? null;
}
