import { parsePatchedPointer } from "#server/lfs/parse-pointer.ts";

const BEGINNING = "diff --git ";
const NEXT = `\n${BEGINNING}`;
/** Of a patch that is too large: enough for its name. No pointer's patch is larger. */
const HEAD_CHARACTERS = 8_192;

/** What one file's part of a patch says. */
export interface FilePatch {
  /** As git writes it, of the file as it is afterwards. */
  path: string;
  /**
   * Null for one that is larger than asked for, and for one that fits any content, as it does not say what it was made
   * from: of a name or a mode alone, or of a file whose name git quotes. Null as well for one that makes a pointer of Git
   * LFS, which stands for a file that no patch has.
   */
  bytes: Buffer | null;
  /** What the file must have been: the beginning of git's id of its content. Null where git itself looks: for new and binary files. */
  before: { path: string; id: string } | null;
  /** The change is not told in lines: a pointer of Git LFS cannot be seen then. */
  isBinary: boolean;
}

/**
 * Takes a patch as git writes it apart, file by file. Memory: one file's part, up to `maxBytes` and a chunk. A line that
 * begins a file can be none of its content: those begin with a sign, or are of letters alone.
 */
export async function* splitFilePatches(
  source: AsyncIterable<Uint8Array>,
  { maxBytes }: { maxBytes: number },
): AsyncGenerator<FilePatch> {
  let text = "";
  let isTooLarge = false;
  for await (const chunk of source) {
    let from = Math.max(0, text.length - NEXT.length);
    text += Buffer.from(chunk).toString("latin1");
    for (let end = text.indexOf(NEXT, from); end !== -1; end = text.indexOf(NEXT)) {
      yield readPatch(text.slice(0, end + 1), isTooLarge || end >= maxBytes);
      text = text.slice(end + 1);
      isTooLarge = false;
      from = 0;
    }
    if (text.length <= maxBytes) continue;
    isTooLarge = true;
    text = text.slice(0, HEAD_CHARACTERS) + text.slice(-NEXT.length);
  }
  if (text !== "") yield readPatch(text, isTooLarge || text.length > maxBytes);
}

function readPatch(text: string, isTooLarge: boolean): FilePatch {
  const [head = ""] = text.split(/^(?:@@|GIT binary patch)/m, 1);
  const id = /^index ([0-9a-f]+)\.\./m.exec(head)?.[1];
  const old = /^--- a\/(.*?)\t?$/m.exec(head)?.[1];
  const isKnown = id !== undefined && old !== undefined;
  const isBinary = text.startsWith("GIT binary patch", head.length);
  const isProvable = isKnown || isBinary || /^new file mode /m.test(head);
  const isPointer = text.length <= HEAD_CHARACTERS && parsePatchedPointer(text) !== null;
  return {
    path: fromLatin1(/^diff --git .* "?b\/(.*?)"?$/m.exec(head)?.[1] ?? "a file"),
    bytes: isTooLarge || isPointer || !isProvable ? null : Buffer.from(text, "latin1"),
    before: isKnown ? { path: fromLatin1(old), id } : null,
    isBinary,
  };
}

const fromLatin1 = (text: string) => Buffer.from(text, "latin1").toString("utf8");
