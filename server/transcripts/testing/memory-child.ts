import { readDocument } from "#server/ingest/read-document.ts";
import { forgetPeak, readPeakBytes } from "#server/ingest/testing/peak-memory.ts";
import { line } from "./lines.ts";

const TURNS = 400;
const RESULT_BYTES = 250_000;
const OUTPUT = "y".repeat(RESULT_BYTES);

const callOf = (n: number) => ({ type: "tool_use", id: `c${n}`, name: "Bash", input: { n } });
const resultOf = (n: number) => ({ type: "tool_result", tool_use_id: `c${n}`, content: OUTPUT });

/**
 * A prompt, a call and its large result, again and again; every hundredth call has no result before the end. Then a
 * sub-agent with as many large results in one message, which is open to the end.
 */
async function* transcript(): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < TURNS; n += 1) {
    yield encode({ type: "user", message: { content: `prompt ${n}` } });
    yield encode({ type: "assistant", message: { id: `m${n}`, content: [callOf(n)] } });
    if (n % 100 !== 0) yield encode({ type: "user", message: { content: [resultOf(n)] } });
  }
  yield encode({ type: "user", isSidechain: true, uuid: "task", message: { content: "task" } });
  const more = { isSidechain: true, parentUuid: "task" };
  for (let n = TURNS; n < 2 * TURNS; n += 1) {
    yield encode({ type: "assistant", message: { id: `m${n}`, content: [callOf(n)] }, ...more });
    yield encode({ type: "user", message: { content: [resultOf(n)] }, ...more });
  }
}

const encode = (record: object) => Buffer.from(`${JSON.stringify(line(record))}\n`);

await forgetPeak(process.pid);
const reading = readDocument(transcript(), { encoding: "identity", sessionId: "ses_1" });
let parts = 0;
for await (const batch of reading.elements)
  parts += batch.filter(({ type }) => type === "part").length;
const { bytes, format } = reading.progress();
const peakBytes = await readPeakBytes(process.pid);
console.log(JSON.stringify({ parts, bytes, format, peakBytes }));
