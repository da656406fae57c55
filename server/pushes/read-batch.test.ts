import { expect, test } from "vitest";
import { type BatchObject, readBatch } from "./read-batch.ts";

async function read(text: string, chunkBytes: number) {
  const bytes = Buffer.from(text);
  async function* source() {
    for (let start = 0; start < bytes.length; start += chunkBytes)
      yield bytes.subarray(start, start + chunkBytes);
  }
  const objects: BatchObject[] = [];
  for await (const object of readBatch(source())) objects.push(object);
  return objects;
}

test.each([1, 2, 3, 7, 64])("objects come apart by their sizes: chunks of %i", async (n) => {
  expect(await read("4 a söme path\na\n5 \n0 \n\n3 last\n\n\n\n\n", n)).toEqual([
    { rest: "a söme path", content: "a\n5 " },
    { rest: "", content: "" },
    { rest: "last", content: "\n\n\n" },
  ]);
});

test("what says no size is none of git's", async () => {
  await expect(read("x missing\n", 64)).rejects.toMatchObject({ code: "internal" });
});
