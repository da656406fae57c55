/** Lines of one output, counted from 1, both ends included. */
export interface LineRange {
  /** Id of the part that the output belongs to. */
  partId: string;
  fromLine: number;
  toLine: number;
}

/**
 * `#prt_…:L10-L20` and `#prt_…:L10`; null for any other fragment. Whoever follows a fragment brings the part on
 * screen; the part opens itself and the output marks the lines and scrolls to them.
 */
export function parseLineRange(hash: string): LineRange | null {
  const match = /^#?([^:]{1,256}):L(\d{1,9})(?:-L?(\d{1,9}))?$/.exec(decode(hash));
  if (match === null) return null;
  const [, partId = "", from = "", to = from] = match;
  const [one, other] = [Number(from), Number(to)];
  if (one < 1 || other < 1) return null;
  return { partId, fromLine: Math.min(one, other), toLine: Math.max(one, other) };
}

export function formatLineRange({ partId, fromLine, toLine }: LineRange): string {
  const id = encodeURIComponent(partId);
  return fromLine === toLine ? `#${id}:L${fromLine}` : `#${id}:L${fromLine}-L${toLine}`;
}

function decode(hash: string): string {
  try {
    return decodeURIComponent(hash);
  } catch {
    return hash;
  }
}
