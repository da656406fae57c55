import { StringDecoder } from "node:string_decoder";
import { type BodyOutline, marksOf, readLongTexts } from "./body-outline.ts";
import type { ExportOutput } from "./export-output.ts";
import type { ReadBody } from "./session-format.ts";
import type { TranscriptWriter } from "./transcript-format.ts";
import { VisibleText } from "./visible-stream.ts";

interface Marked {
  output: ExportOutput;
  /** What is written, with marks where long texts belong. */
  rendered: string;
  nonce: string;
  outline: BodyOutline;
  read: ReadBody;
  writer: TranscriptWriter;
}

/** Of a text that stands in a title and in its own place, the title gets this. */
const ELSEWHERE = "…";

/** Writes what was rendered, each long text in the last place that has a mark of it. Yields after every piece. */
export async function* writeMarked({
  output,
  rendered,
  nonce,
  outline,
  read,
  writer,
}: Marked): AsyncGenerator<void> {
  // Literals at even places, numbers of texts at odd ones.
  const pieces = rendered.split(marksOf(nonce));
  const texts = createLongTexts(read, outline);
  try {
    for (const [index, piece] of pieces.entries()) {
      if (index % 2 === 0) {
        output.text(piece);
        continue;
      }
      const before = pieces[index - 1] ?? "";
      const isLast = !pieces.some((other, at) => at > index && at % 2 === 1 && other === piece);
      if (!isLast) output.text(ELSEWHERE);
      else
        for await (const text of toShown(texts.of(Number(piece)), before)) {
          output.text(writer.piece(text, before));
          yield;
        }
    }
  } finally {
    await texts.close();
  }
}

/** A text inside of JSON stays JSON. */
async function* toShown(texts: AsyncIterable<string>, before: string): AsyncGenerator<string> {
  const isQuoted = /(?:"|&quot;)$/.test(before);
  const visible = new VisibleText();
  for await (const text of texts)
    yield visible.push(isQuoted ? JSON.stringify(text).slice(1, -1) : text);
  yield visible.end();
}

/** Long texts by their number; those that follow each other come of one reading of the body. */
function createLongTexts(read: ReadBody, { json, skips }: BodyOutline) {
  let open: AsyncGenerator<{ n: number; text: string }> | null = null;
  let last = -1;
  let ahead: { n: number; text: string } | null = null;

  const begin = async () => {
    await open?.return(undefined);
    ahead = null;
    return json === null ? asOneText(toText(read())) : readLongTexts(toText(read()), skips);
  };

  return {
    async *of(n: number): AsyncGenerator<string> {
      if (open === null || n <= last) open = await begin();
      last = n;
      for (;;) {
        const next: { n: number; text: string } | undefined =
          ahead ?? ((await open.next()).value as { n: number; text: string } | undefined);
        ahead = null;
        if (next === undefined) return;
        if (next.n === n) yield next.text;
        else if (next.n > n) {
          ahead = next;
          return;
        }
      }
    },
    close: async () => open?.return(undefined),
  };
}

async function* asOneText(chunks: AsyncIterable<string>) {
  for await (const text of chunks) yield { n: 0, text };
}

export async function* toText(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  for await (const chunk of chunks) yield decoder.write(chunk);
  yield decoder.end();
}
