/** A stretch of text as the page holds it. Pieces of one `block` are read as one text, others are apart. */
export interface TextPiece {
  text: string;
  block: unknown;
}

/** Where an occurrence begins and ends: indexes of pieces, and places in their texts. */
export interface FoundStretch {
  start: { piece: number; offset: number };
  end: { piece: number; offset: number };
}

/** Occurrences of a text, upper and lower case alike, in their order, also across pieces; at most `countMax`. */
export function findInPieces(
  pieces: readonly TextPiece[],
  text: string,
  countMax: number,
): FoundStretch[] {
  const wanted = text.toLowerCase();
  if (wanted === "") return [];
  const { whole, starts } = join(pieces);
  const found: FoundStretch[] = [];
  for (let at = whole.indexOf(wanted); at !== -1; at = whole.indexOf(wanted, at + wanted.length)) {
    if (found.length >= countMax) break;
    found.push({ start: placeOf(starts, at), end: placeOf(starts, at + wanted.length - 1, 1) });
  }
  return found;
}

function join(pieces: readonly TextPiece[]) {
  const starts: number[] = [];
  const texts: string[] = [];
  let length = 0;
  for (const [index, { text, block }] of pieces.entries()) {
    if (index > 0 && pieces[index - 1]?.block !== block) {
      texts.push("\n");
      length += 1;
    }
    const lower = text.toLowerCase();
    starts.push(length);
    // A few letters get longer in lower case: places must stay what they are.
    texts.push(lower.length === text.length ? lower : text);
    length += text.length;
  }
  return { whole: texts.join(""), starts };
}

/** The place `beyond` characters after the one at `at`, in the piece that holds that one. */
function placeOf(starts: readonly number[], at: number, beyond = 0) {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return { piece: low, offset: at - (starts[low] ?? 0) + beyond };
}
