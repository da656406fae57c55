import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { createRandom } from "#lib/testing/create-random.ts";
import { RandomDocuments } from "./testing/random-document.ts";
import { scan } from "./testing/scan.ts";
import { compileCore, renderCore } from "./wasm/build.ts";

const DOCUMENTS = 6_000;
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

test("the committed module is what its source compiles to", { timeout: 60_000 }, async () => {
  const committed = await readFile(new URL("scan-core-wasm.ts", import.meta.url), "utf8");
  expect(renderCore(await compileCore()), "run `npm run build:wasm`").toBe(committed);
});

test("it finds what the reference finds", { timeout: 120_000 }, async () => {
  const random = createRandom(seed);
  const documents = new RandomDocuments(random);
  for (let count = 0; count < DOCUMENTS; count += 1) {
    const lines = Array.from({ length: documents.integer(4) }, () => documents.document());
    const valid = count % 3 === 0 ? lines.join("\n") : documents.document();
    const text = count % 4 === 0 ? valid : documents.mutate(valid);
    const bytes = Buffer.from(text);
    // Now and then a byte that is no UTF-8.
    if (count % 10 === 0 && bytes.length > 0) bytes[documents.integer(bytes.length)] = 0xe9;
    const limits = { itemMaxBytes: count % 5 === 0 ? 60 : 50_000 };
    const longest = documents.integer(2) === 0 ? 4 : 200;
    const chunkBytes = () => 1 + documents.integer(longest);
    const ours = await scan(bytes, chunkBytes, { limits });
    const reference = await scan(bytes, chunkBytes, { limits, core: "reference" });
    // What is told about progress depends on where a chunk ended.
    expect({ ...ours, progress: null }, `seed ${seed}: ${text}`).toEqual({
      ...reference,
      progress: null,
    });
  }
});

test("a document larger than its window is read through", async () => {
  const item = (id: number) =>
    `{"type":"part","data":{"id":"p${id}","messageID":"m","t":"${"x\\n".repeat(id)}"}}`;
  const document = `[${Array.from({ length: 1_000 }, (_, id) => item(id)).join(" ,\r\n")}]`;
  const { items, fault } = await scan(document, 10_000_000);
  expect(fault).toBeNull();
  expect(items.map(({ partId }) => partId)).toEqual(items.map((_, id) => `p${id}`));
  expect(items).toHaveLength(1_000);
});
