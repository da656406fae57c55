import { AppError } from "#lib/errors.ts";

/** One object as `git cat-file --batch='%(objectsize) %(rest)'` has it. */
export interface BatchObject {
  /** What stood behind the object's id. */
  rest: string;
  /** A character for each byte. */
  content: string;
}

/** Takes apart what git answers. Memory: one object and a chunk. */
export async function* readBatch(source: AsyncIterable<Uint8Array>): AsyncGenerator<BatchObject> {
  let text = "";
  for await (const chunk of source) {
    text += Buffer.from(chunk).toString("latin1");
    let start = 0;
    for (let read = readObject(text, start); read !== null; read = readObject(text, start)) {
      yield read.object;
      start = read.end;
    }
    text = text.slice(start);
  }
}

/** Null as long as not all of it is there. */
function readObject(text: string, start: number): { object: BatchObject; end: number } | null {
  const headEnd = text.indexOf("\n", start);
  if (headEnd === -1) return null;
  const [, size, rest = ""] = /^(\d+) (.*)$/.exec(text.slice(start, headEnd)) ?? [];
  if (size === undefined) throw new AppError("internal", "Git did not say how large an object is");
  const contentEnd = headEnd + 1 + Number(size);
  if (text.length <= contentEnd) return null;
  const object = {
    rest: Buffer.from(rest, "latin1").toString("utf8"),
    content: text.slice(headEnd + 1, contentEnd),
  };
  return { object, end: contentEnd + 1 };
}
