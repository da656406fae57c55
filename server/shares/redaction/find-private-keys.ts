const BEGIN = /-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----/g;
const END = /-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----/g;
const KEY_MAX_CHARACTERS = 16_384;

/** What may stand between two lines: a break, as it is or escaped, the number that a tool wrote before the line. */
const GAP = /(?:\\[nr]|[\s\d|:]){0,40}/y;
const HEADER = /[A-Za-z-]{3,30}: [^\n\\"]{1,200}/y;
const HEADERS_MAX = 6;
const INSIDE = /[A-Za-z0-9+/=\s\\|:]{16,16384}/y;

export interface Place {
  start: number;
  end: number;
}

/**
 * Private keys in a text (RFC 7468), each from its first line to its last. Of one that was cut there is no end: then its
 * headers, and everything that looks like the inside of one. Reads the text once.
 */
export function findPrivateKeys(text: string): Place[] {
  const keys: Place[] = [];
  const endAfter = createEndFinder(text);
  let readTo = 0;
  for (const { index, 0: line } of text.matchAll(BEGIN)) {
    if (index < readTo) continue;
    const from = index + line.length;
    const end = endAfter(from) ?? endOfCut(text, from);
    if (end === null) continue;
    keys.push({ start: index, end });
    readTo = end;
  }
  return keys;
}

/** Where the key that goes on at `from` ends, or null. To be asked for places in order: each end is looked for once. */
function createEndFinder(text: string): (from: number) => number | null {
  const ends = text.matchAll(END);
  let next = ends.next().value;
  return (from) => {
    while (next && next.index < from) next = ends.next().value;
    const isNear = next && next.index - from <= KEY_MAX_CHARACTERS;
    return isNear && next ? next.index + next[0].length : null;
  };
}

function endOfCut(text: string, from: number): number | null {
  let behindHeaders = from;
  for (let count = 0; count < HEADERS_MAX; count += 1) {
    const header = matchAt(HEADER, text, matchAt(GAP, text, behindHeaders) ?? behindHeaders);
    if (header === null) break;
    behindHeaders = header;
  }
  return matchAt(INSIDE, text, behindHeaders) ?? matchAt(INSIDE, text, from);
}

/** Where a match that begins at `from` ends. */
function matchAt(pattern: RegExp, text: string, from: number): number | null {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : null;
}
