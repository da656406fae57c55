import { type AddressInfo, connect, createServer } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import split2 from "split2";
import { readLines } from "#server/batches/read-lines.ts";
import { openImportRates } from "./batch/import-rate.ts";
import { interleave, median, reportBench } from "./support/bench.ts";

// How fast a batch is read and stored. First the line reader: ours against a pipe through split2 on chunks in memory, and
// against a pipe that looks at no byte on what a socket brings. Then all of it: from a request over HTTP to the items in
// their sessions, workers included, one at a time and ten, where every store call takes 20 ms longer, as a database in
// another building does.

const MEGABYTE = 1_000_000;
const SHORT = { name: "200 B", lineBytes: 200, totalBytes: 24 * MEGABYTE };
const LONG = { name: "2.9 MB", lineBytes: 2_900_000, totalBytes: 58 * MEGABYTE };
const CHUNK_BYTES = 65_536;
const REPETITIONS = 5;
const STORE_DELAY_MS = 20;
/** As many tens of them at ten at a time, which should take as long. */
const IMPORTED_ONE_BY_ONE = 20;
const IMPORT_REPETITIONS = 3;

interface Shape {
  name: string;
  lineBytes: number;
  totalBytes: number;
}

/** Lines of JSON, as they come from a socket. */
function createChunks({ lineBytes, totalBytes }: Shape): Buffer[] {
  const count = Math.round(totalBytes / lineBytes);
  const lines = Array.from({ length: count }, (_, index) => {
    const start = `{"index":${index},"data":["`;
    return `${start}${"x".repeat(lineBytes - start.length - 4)}"]}\n`;
  });
  const bytes = Buffer.from(lines.join(""));
  const chunks: Buffer[] = [];
  for (let start = 0; start < bytes.byteLength; start += CHUNK_BYTES)
    chunks.push(bytes.subarray(start, start + CHUNK_BYTES));
  return chunks;
}

async function* stream(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

/** Megabytes a second of CPU time, both sides of a connection counted. */
async function rateOf({ lineBytes, totalBytes }: Shape, read: () => Promise<number>) {
  const before = process.cpuUsage();
  const lines = await read();
  const { user, system } = process.cpuUsage(before);
  const expected = Math.round(totalBytes / lineBytes);
  if (lines !== expected) throw new Error(`${lines} lines were read, not ${expected}`);
  return totalBytes / (user + system);
}

async function countLines(source: AsyncIterable<Uint8Array>): Promise<number> {
  let count = 0;
  for await (const lines of readLines(source, { heldMaxBytes: 50 * MEGABYTE }))
    count += lines.length;
  return count;
}

/** The reader alone, on chunks in memory. */
async function compareWithSplit2(shape: Shape): Promise<number> {
  console.log(`lines of ${shape.name}, MB a CPU second`);
  const chunks = createChunks(shape);
  const source = () => Readable.from(stream(chunks), { objectMode: false });
  const samples = await interleave({
    contenders: {
      ours: () => rateOf(shape, () => countLines(stream(chunks))),
      split2: () =>
        rateOf(shape, async () => {
          let count = 0;
          for await (const _ of source().pipe(split2())) count += 1;
          return count;
        }),
    },
    repetitions: REPETITIONS,
    warmUps: 3,
  });
  const ours = median(samples.ours);
  const lineRate = Math.round((ours * MEGABYTE) / shape.lineBytes);
  console.log(`ours: ${ours.toFixed(0)} MB/s, ${lineRate} lines/s`);
  return ours / median(samples.split2);
}

/** Through a connection, where bytes cost something before anybody looks at them. */
async function compareWithPipe(shape: Shape): Promise<number> {
  console.log(`lines of ${shape.name} from a socket, MB a CPU second`);
  const chunks = createChunks(shape);
  const sender = createServer((socket) => void pipeline(Readable.from(chunks), socket));
  await new Promise<void>((resolve) => {
    sender.listen(0, "127.0.0.1", resolve);
  });
  const { port } = sender.address() as AddressInfo;
  const open = () => connect({ port, host: "127.0.0.1" });
  const samples = await interleave({
    contenders: {
      ours: () => rateOf(shape, () => countLines(open())),
      pipe: () =>
        rateOf(shape, async () => {
          let bytes = 0;
          for await (const chunk of open().pipe(new PassThrough()))
            bytes += (chunk as Buffer).byteLength;
          return Math.round(bytes / shape.lineBytes);
        }),
    },
    repetitions: REPETITIONS,
    warmUps: 1,
  });
  sender.close();
  return median(samples.ours) / median(samples.pipe);
}

const shortVsSplit2 = await compareWithSplit2(SHORT);
const longVsSplit2 = await compareWithSplit2(LONG);
const longVsPipe = await compareWithPipe(LONG);

console.log("sessions/s over HTTP, every store call 20 ms late");
const imports = await openImportRates({ storeDelayMs: STORE_DELAY_MS });
const imported = await interleave({
  contenders: {
    one: () => imports.measure(1, IMPORTED_ONE_BY_ONE),
    ten: () => imports.measure(10, 10 * IMPORTED_ONE_BY_ONE),
  },
  repetitions: IMPORT_REPETITIONS,
  warmUps: 1,
});
await imports.close();

reportBench({
  name: "batch",
  ratios: {
    short_vs_split2: shortVsSplit2,
    long_vs_split2: longVsSplit2,
    long_vs_pipe: longVsPipe,
    ten_vs_one: median(imported.ten) / median(imported.one),
  },
  goals: {
    short_vs_split2: { atLeast: 4 },
    long_vs_split2: { atLeast: 30 },
    long_vs_pipe: { atLeast: 1 / 3 },
    ten_vs_one: { atLeast: 8 },
  },
});
