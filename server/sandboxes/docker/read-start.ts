import { STARTED } from "../start-script.ts";

const WORDS_MAX_BYTES = 4_096;

type Start =
  | { isStarted: true; /** What comes after the start. */ rest: AsyncGenerator<Uint8Array> }
  | { isStarted: false; /** What was said instead. */ words: string };

/** Reads standard error of `CONTAINER_START_SCRIPT` up to where it becomes the command, or to its end. */
export async function readStart(output: AsyncGenerator<Uint8Array>): Promise<Start> {
  let words = Buffer.alloc(0);
  for (;;) {
    const { done, value } = await output.next();
    if (done) return { isStarted: false, words: words.toString().trim() };
    const at = value.indexOf(STARTED);
    if (at !== -1) return { isStarted: true, rest: continueWith(value.subarray(at + 1), output) };
    words = Buffer.concat([words, value]).subarray(0, WORDS_MAX_BYTES);
  }
}

async function* continueWith(
  first: Uint8Array,
  output: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (first.byteLength > 0) yield first;
  yield* output;
}
