import { isAppError } from "#lib/errors.ts";
import { scanItems } from "../scan-items.ts";

const MB = 1_000_000;
const CHUNK_BYTES = 65_536;
const filler = Buffer.alloc(CHUNK_BYTES, 'words \\n and \\"quotes\\" ');
const zeros = Buffer.alloc(CHUNK_BYTES, "[");
const spaces = Buffer.alloc(CHUNK_BYTES, " ");

type Piece = string | { bytes: Buffer; times: number };
const text = (bytes: number): Piece => ({ bytes: filler, times: Math.ceil(bytes / CHUNK_BYTES) });
const part = (id: number, body: Piece): Piece[] => [
  `{"type":"part","data":{"id":"p${id}","messageID":"m","text":"`,
  body,
  '"}}',
];
const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const parts = (count: number, bytes: number) =>
  range(count).flatMap((id) => [id === 0 ? "" : ",", ...part(id, text(bytes))]);

/** Documents that would take a careless reader's memory. */
const documents: Record<string, () => Iterable<Piece>> = {
  "items of 49 MB": () => ['{"data":[', ...parts(30, 49 * MB), "]}"],
  "items of 4 MB": () => ['{"data":[', ...parts(250, 4 * MB), "]}"],
  "oversized items": () => ['{"data":[', ...parts(10, 60 * MB), "]}"],
  "a string of 500 MB": () => ["[", ...part(0, text(500 * MB)), ",", ...part(1, text(1)), "]"],
  "a key of 500 MB": () => ['{"', text(500 * MB), '":1,"data":[', ...part(1, text(1)), "]}"],
  "an id of 500 MB": () => ['[{"type":"part","data":{"id":"', text(500 * MB), '"}}]'],
  "500 MB of white space": () => ["[", { bytes: spaces, times: 7_630 }, ...part(1, text(1)), "]"],
  "a deep nest": () => ['{"data":[', { bytes: zeros, times: 2 }],
  "a broken line of 500 MB": () => [...part(0, text(500 * MB)), "!\n", ...part(1, text(1))],
  "a message of 300,000 parts": () => messages(),
};

function* messages(): Generator<Piece> {
  yield '{"messages":[{"info":{"id":"m"},"parts":[{"id":"p"}';
  for (let id = 1; id < 300_000; id += 1)
    yield `,{"id":"p${id}","messageID":"m","type":"text","text":"${"x".repeat(1_000)}"}`;
  yield "]}]}";
}

/** One buffer for all chunks, as a reader of files may do. */
async function* chunksOf(pieces: Iterable<Piece>): AsyncGenerator<Uint8Array> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let filled = 0;
  for (const piece of pieces) {
    const { bytes, times } =
      typeof piece === "string" ? { bytes: Buffer.from(piece), times: 1 } : piece;
    for (let count = 0; count < times; count += 1) {
      if (filled + bytes.length > chunk.length) {
        yield chunk.subarray(0, filled);
        filled = 0;
      }
      bytes.copy(chunk, filled);
      filled += bytes.length;
    }
  }
  yield chunk.subarray(0, filled);
}

/** Scans one of the documents, and tells what it found and what it took. */
async function main(): Promise<void> {
  const result = { items: 0, skipped: 0, fault: null as unknown, bytes: 0 };
  try {
    for await (const batch of scanItems(chunksOf(documents[process.argv[2] ?? ""]!()))) {
      for (const element of batch) {
        if (element.kind === "skipped") result.skipped += 1;
        else {
          result.items += 1;
          result.bytes += element.body.byteLength;
        }
      }
    }
  } catch (error) {
    if (!isAppError(error)) throw error;
    result.fault = error.details["fault"];
  }
  // Linux counts it in KiB.
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  process.stdout.write(JSON.stringify({ ...result, peakBytes }));
}

await main();
