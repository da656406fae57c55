/** A message's id as a value of JSON, whole: within texts its quotes would be behind backslashes. */
const MESSAGE_ID = /(?<!\\)"msg_([0-9a-f]{12}[0-9A-Za-z]{14})"/g;
const ID_CHARACTERS = 26;
/** Before all that anybody makes now. Takes the place of the last four, which were drawn by lot. */
const FIRST = "0000";
/** What may be the beginning of an id, with the character before it. */
const KEPT_CHARACTERS = `\\"msg_"`.length + ID_CHARACTERS;

/**
 * A transcript in JSON with other ids of messages: in the same order, and before all that an agent will make. Ids of
 * ours and of agents that look the same begin with a time, but not with the same one. Memory: one chunk.
 */
export async function* putIdsFirst(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest = "";
  for await (const chunk of source) {
    const text = rest + Buffer.from(chunk).toString("latin1");
    const { written, readTo } = rewrite(text);
    const keptFrom = Math.max(readTo, text.length - KEPT_CHARACTERS);
    yield Buffer.from(written + text.slice(readTo, keptFrom), "latin1");
    rest = text.slice(keptFrom);
  }
  yield Buffer.from(rest, "latin1");
}

/** `readTo`: the end of the last id, or 0. */
function rewrite(text: string): { written: string; readTo: number } {
  let written = "";
  let readTo = 0;
  for (const match of text.matchAll(MESSAGE_ID)) {
    const id = FIRST + match[1]!.slice(0, -FIRST.length);
    written += `${text.slice(readTo, match.index)}"msg_${id}"`;
    readTo = match.index + match[0].length;
  }
  return { written, readTo };
}
