import { jsonLineStart } from "#components/transcript/pretty-json.ts";

/** Beyond it a text is shown as it came: so much blank space serves nobody. UTF-16 units. */
const INDENTED_MAX_LENGTH = 1_000_000;

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * JSON with a line for each of its members. Names, strings and numbers stand there as they came, in their order, twice
 * where they came twice: reading them into values would change some. Null for what is no JSON, or not all of it, and for
 * what would grow too long.
 */
export function indentJson(text: string): string | null {
  if (!isJson(text)) return null;
  const pieces: string[] = [];
  let [level, length, before] = [0, 0, ""];
  for (const [token] of text.matchAll(TOKEN)) {
    const isOpenBefore = before === "{" || before === "[";
    const isClose = token === "}" || token === "]";
    if (isClose) level -= 1;
    const hasOwnLine = isClose ? !isOpenBefore : isOpenBefore || before === ",";
    const piece = (hasOwnLine ? jsonLineStart(level) : "") + (token === ":" ? ": " : token);
    if (token === "{" || token === "[") level += 1;
    pieces.push(piece);
    length += piece.length;
    if (length > INDENTED_MAX_LENGTH) return null;
    before = token;
  }
  return pieces.join("");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
