import { isRecord } from "./is-record.ts";

/**
 * Reads the beginning of a JSON object that was cut anywhere, as previews of large items are: strings end where the
 * text ends, open lists and objects are closed, a member without a value is left out. Null when there is nothing to
 * read. Reads the text once, whatever its nesting.
 */
export function parseCutJson(text: string): Readonly<Record<string, unknown>> | null {
  const { closers, inString, lastValueEnd } = scan(text);
  const whole = inString ? `${trimEscape(text)}"${closers}` : text + closers;
  for (const candidate of [whole, text.slice(0, lastValueEnd) + closers]) {
    try {
      const value: unknown = JSON.parse(candidate);
      if (isRecord(value)) return value;
    } catch {
      continue;
    }
  }
  return null;
}

interface Scan {
  /** Brackets that close everything open at the end of the text, innermost first. */
  closers: string;
  inString: boolean;
  /** Where the last bracket or comma is: what follows may be half a member. Nothing opens or closes after it. */
  lastValueEnd: number;
}

function scan(text: string): Scan {
  const open: string[] = [];
  let inString = false;
  let lastValueEnd = 0;

  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === "\\") index += 1;
      else if (character === '"') inString = false;
      continue;
    }
    if (character === '"') inString = true;
    else if (character === ",") lastValueEnd = index;
    else if (character === "{" || character === "[") open.push(character === "{" ? "}" : "]");
    else if (character === "}" || character === "]") open.pop();
    else continue;
    if (!inString && character !== ",") lastValueEnd = index + 1;
  }
  return { closers: open.toReversed().join(""), inString, lastValueEnd };
}

/** Characters of `u000` without the last digit. */
const UNFINISHED_UNICODE_MAX = 4;

/** Takes off an escape that the cut went through: `\`, `\u`, `\u0`, … */
function trimEscape(text: string): string {
  const [digits = ""] = /u[0-9a-fA-F]{0,3}$/.exec(text.slice(-UNFINISHED_UNICODE_MAX)) ?? [];
  const end = text.length - digits.length;
  let start = end;
  while (text[start - 1] === "\\") start -= 1;
  const opensEscape = (end - start) % 2 === 1;
  return opensEscape ? text.slice(0, end - 1) : text;
}
