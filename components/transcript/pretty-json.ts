/** Deeper levels are not indented any further: at 500 levels the blanks would be most of the text. */
const INDENT_MAX_LEVELS = 24;

/** A new line for what stands so many levels deep. */
export const jsonLineStart = (level: number): string =>
  `\n${"  ".repeat(Math.min(level, INDENT_MAX_LEVELS))}`;

/** The text stops here: what was written so far, and that there is more. */
class Full extends Error {}

/**
 * JSON as a person reads it. Stops after about `maxLength` UTF-16 units, so that neither depth nor width can take the
 * page's time.
 */
export function prettyJson(
  value: unknown,
  maxLength = 1_000_000,
): { text: string; isCut: boolean } {
  const pieces: string[] = [];
  let length = 0;
  const write = (piece: string) => {
    pieces.push(piece);
    length += piece.length;
    if (length > maxLength) throw new Full();
  };
  try {
    writeValue(value, 0, write);
    return { text: pieces.join(""), isCut: false };
  } catch (error) {
    if (!(error instanceof Full)) throw error;
    return { text: `${pieces.join("").slice(0, maxLength)}\n…`, isCut: true };
  }
}

type Write = (piece: string) => void;

function writeValue(value: unknown, level: number, write: Write): void {
  if (Array.isArray(value))
    writeMembers(value.length, { open: "[", close: "]", level, write }, (index) =>
      writeValue(value[index], level + 1, write),
    );
  else if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    writeMembers(entries.length, { open: "{", close: "}", level, write }, (index) => {
      const [name, member] = entries[index] ?? ["", null];
      write(`${JSON.stringify(name)}: `);
      writeValue(member, level + 1, write);
    });
  } else write(JSON.stringify(value) ?? "null");
}

interface Brackets {
  open: string;
  close: string;
  level: number;
  write: Write;
}

function writeMembers(
  count: number,
  { open, close, level, write }: Brackets,
  writeMember: (index: number) => void,
): void {
  if (count === 0) {
    write(open + close);
    return;
  }
  write(open);
  for (let index = 0; index < count; index += 1) {
    write((index === 0 ? "" : ",") + jsonLineStart(level + 1));
    writeMember(index);
  }
  write(jsonLineStart(level) + close);
}
