import { expect, test } from "vitest";
import { createIndexFinder } from "./index-finder.ts";

function findIn(line: string, chunkBytes = 65_536): number | null {
  const finder = createIndexFinder();
  const bytes = Buffer.from(line);
  for (let at = 0; at < bytes.byteLength; at += chunkBytes)
    finder.read(bytes.subarray(at, at + chunkBytes));
  return finder.find();
}

test.each([
  ['{"index":7}', 7],
  ['{"prompt":"x", "index" : 7 , "repository":"a/b"}', 7],
  ['{"data":[{"index":1},[2]],"index":7}', 7],
  ['{"index":1,"index":7}', 7],
  ['{"text":"\\"index\\":3,","index":7}', 7],
  ['{"text":"\\\\","index":7}', 7],
  ['{"index":7,"cut', 7],
  ['{"index":7', null],
  ['{"data":{"index":7}}', null],
  ['[{"index":7}]', null],
  ['{"Index":7}', null],
  ['{"index":"7"}', null],
  ['{"index":-7}', null],
  ['{"index":7.5}', null],
  ['{"index":[7]}', null],
  ['{"a":"index","b":7}', null],
  ["index: 7", null],
  ["", null],
])("of %s the index is %s, however it is cut", (line, index) => {
  for (const chunkBytes of [1, 2, 3, 7, 64]) expect(findIn(line, chunkBytes)).toBe(index);
});
