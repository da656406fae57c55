import { readDocument } from "#server/ingest/read-document.ts";
import { forgetPeak, readPeakBytes } from "#server/ingest/testing/peak-memory.ts";
import { line } from "./lines.ts";

const TURNS = 800;
const RESULT_BYTES = 250_000;

/** A prompt, a call and its large result, again and again; every hundredth call has no result before the end. */
async function* transcript(): AsyncGenerator<Uint8Array> {
  const output = "y".repeat(RESULT_BYTES);
  for (let n = 0; n < TURNS; n += 1) {
    const call = { type: "tool_use", id: `c${n}`, name: "Bash", input: { command: `ls ${n}` } };
    const result = { type: "tool_result", tool_use_id: `c${n}`, content: output };
    yield encode({ type: "user", message: { content: `prompt ${n}` } });
    yield encode({ type: "assistant", message: { id: `m${n}`, content: [call] } });
    if (n % 100 !== 0) yield encode({ type: "user", message: { content: [result] } });
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
