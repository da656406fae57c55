const NEWLINE = 0x0a;
const BLANK = 0x20;

/**
 * Puts JSON text on one line, piece by piece: outside of strings a blank means the same as a line break, and inside
 * there is none. Keeps how far each break stands behind the one before, so that they can be put back.
 */
export class LineBreaks {
  /** Distances in bytes, with commas between them; empty when there was no break. */
  distances = "";
  #start = 0;
  #last = 0;

  replace(piece: Buffer): Buffer {
    let at = piece.indexOf(NEWLINE);
    const line = at === -1 ? piece : Buffer.from(piece);
    for (; at !== -1; at = piece.indexOf(NEWLINE, at + 1)) {
      line[at] = BLANK;
      const position = this.#start + at;
      this.distances += `${this.distances === "" ? "" : ","}${position - this.#last}`;
      this.#last = position;
    }
    this.#start += piece.byteLength;
    return line;
  }
}
