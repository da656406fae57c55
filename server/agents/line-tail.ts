const LINE_MAX_CHARACTERS = 2_000;

/** Keeps the last lines of a text stream, at most `maxLines` of 2,000 characters each. */
export function createLineTail({ maxLines }: { maxLines: number }) {
  const lines: string[] = [];
  let rest = "";

  const keep = (line: string) => {
    if (line.trim() === "") return;
    lines.push(line.slice(0, LINE_MAX_CHARACTERS));
    if (lines.length > maxLines) lines.shift();
  };

  return {
    push(text: string): void {
      const pieces = (rest + text).split(/\r?\n/);
      rest = (pieces.pop() ?? "").slice(-LINE_MAX_CHARACTERS);
      for (const line of pieces.slice(-maxLines)) keep(line);
    },
    /** Oldest first, with the unfinished last line. */
    lines: (): string[] => (rest.trim() === "" ? [...lines] : [...lines, rest]),
  };
}
