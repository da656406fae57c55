import { expect, test } from "vitest";
import type { BatchMemory } from "./batch-memory.ts";
import { keptSource, resumeWith } from "./resume-source.ts";

const file = (name: string, text = '{"data":[]}') => new File([text], name);
const imports = { kind: "import", expectedCount: 3 } as const;
const memory: BatchMemory = {
  kind: "files",
  files: [
    { name: "a.json", bytes: 11, index: 0 },
    { name: "a.json", bytes: 9, index: 1 },
    { name: "b.json", bytes: 11, index: 2 },
  ],
};

const placed = async (...asked: Parameters<typeof resumeWith>) =>
  (await resumeWith(...asked)).lines.map(({ name, index }) => [name, index]);

test("files are known by their names, also when they were corrected since", async () => {
  expect(await placed([file("b.json", '{"data":[1]}')], imports, memory)).toEqual([["b.json", 2]]);
  const both = [file("a.json"), file("a.json", '{"data":[1,2,3]}')];
  expect(await placed(both, imports, memory)).toEqual([
    ["a.json", 0],
    ["a.json", 1],
  ]);
  await expect(resumeWith([file("c.json")], imports, memory)).rejects.toThrow("a.json");
});

test("where nothing is known all files are needed, in the order of their names", async () => {
  const files = ["10.json", "9.json", "1.json"].map((name) => file(name));
  expect(await placed(files, imports, null)).toEqual([
    ["1.json", 0],
    ["9.json", 1],
    ["10.json", 2],
  ]);
  await expect(resumeWith(files.slice(1), imports, null)).rejects.toThrow("all 3 files");
});

test("the file of lines is known by its name", async () => {
  const lines = file("lines.ndjson", '{"data":[]}\n{"data":[]}\n');
  const known: BatchMemory = { kind: "file", file: { name: "lines.ndjson", bytes: 24 } };
  expect(await placed([lines], imports, known)).toHaveLength(2);
  expect(await placed([lines], { ...imports, expectedCount: null }, null)).toHaveLength(2);
  await expect(resumeWith([file("other.ndjson")], imports, known)).rejects.toThrow("lines.ndjson");
  await expect(resumeWith([lines, lines], imports, known)).rejects.toThrow("the one file");
});

test("lines of another kind than the batch's are refused before anything is sent", async () => {
  const [starts, any] = [file("a.ndjson", '{"prompt":"x"}\n'), file("a.ndjson", '{"index":0}\n')];
  await expect(resumeWith([starts], imports, null)).rejects.toThrow("none of the lines");
  expect(await placed([starts], { kind: "start", expectedCount: null }, null)).toHaveLength(1);
  for (const kind of ["import", "start"] as const)
    expect(await placed([any], { kind, expectedCount: null }, null)).toHaveLength(1);
});

test("lines that were made here are kept whole", async () => {
  const lines = new Blob(['{"index":0}\n{"index":1}']);
  expect((await keptSource({ kind: "lines", lines }))?.lines).toHaveLength(2);
  expect(await keptSource(memory)).toBeNull();
});
