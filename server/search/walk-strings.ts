const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Names of the levels above that are told: a text of many small strings far down must stay small. */
const PATH_MAX = 4;

/** A string of a document, and the names that lead to it, outermost first; a list has no names, only empty ones. */
export interface FoundString {
  /** At most the first four. */
  path: readonly string[];
  value: string;
}

interface Level {
  isList: boolean;
  /** The name that the next value has; a list's are all alike. */
  name: string;
}

/**
 * Every string value of a JSON text, in order. The text may be cut anywhere: a string ends where the text does. Of a
 * text that is no JSON comes what looks like strings. Holds one string and the path to it.
 */
export function* walkStrings(json: string): Generator<FoundString> {
  const levels: Level[] = [];
  let isName = false;
  for (let at = 0; at < json.length; at += 1) {
    const level = levels.at(-1);
    switch (json[at]) {
      case "{":
        levels.push({ isList: false, name: "" });
        isName = true;
        break;
      case "[":
        levels.push({ isList: true, name: "" });
        isName = false;
        break;
      case "}":
      case "]":
        levels.pop();
        isName = false;
        break;
      case ",":
        isName = level?.isList === false;
        break;
      case ":":
        isName = false;
        break;
      case '"': {
        const end = endOfString(json, at);
        const value = parseString(json.slice(at + 1, end));
        if (isName && level) level.name = value;
        else yield { path: levels.slice(0, PATH_MAX).map(({ name }) => name), value };
        at = end;
        break;
      }
      default:
    }
  }
}

/** Position of the closing quote; the end of the text when there is none. */
function endOfString(json: string, open: number): number {
  for (let at = open + 1; at < json.length; at += 1) {
    const unit = json.charCodeAt(at);
    if (unit === BACKSLASH) at += 1;
    else if (unit === QUOTE) return at;
  }
  return json.length;
}

/** What stands between the quotes; of a string that was cut inside of an escape, what stands before that. */
function parseString(raw: string): string {
  if (!raw.includes("\\")) return raw;
  for (const candidate of [raw, raw.replace(/\\(?:u[0-9a-fA-F]{0,3})?$/, "")]) {
    try {
      return String(JSON.parse(`"${candidate}"`));
    } catch {
      continue;
    }
  }
  return raw;
}
