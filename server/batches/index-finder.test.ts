import { expect, test } from "vitest";
import { createIndexFinder } from "./index-finder.ts";

function read(line: string, chunkBytes = 65_536) {
  const finder = createIndexFinder();
  const bytes = Buffer.from(line);
  for (let at = 0; at < bytes.byteLength; at += chunkBytes)
    finder.read(bytes.subarray(at, at + chunkBytes));
  return finder;
}

const findIn = (line: string, chunkBytes?: number) => read(line, chunkBytes).find();

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
  ['{"index":7.0}', 7],
  ['{"index":1e1}', 10],
  ['{"index":07}', null],
  ['{"index":[7]}', null],
  ['{"a":"index","b":7}', null],
  ["index: 7", null],
  ["", null],
])("of %s the index is %s, however it is cut", (line, index) => {
  for (const chunkBytes of [1, 2, 3, 7, 64]) expect(findIn(line, chunkBytes)).toBe(index);
});

test.each([
  ['{"index":-1}', true],
  ['{"index":7.5,"data":[]}', true],
  ['{"data":[],"index":"7"}', true],
  ['{"index":null}', true],
  ['{"index":[7]}', true],
  ['{"index":{"index":7}}', true],
  ['{"index":9007199254740992}', true],
  [`{"index":${"1".repeat(100)}}`, true],
  [`{"index":1.${"0".repeat(100)}1}`, true],
  ['{"index":[7],"index":7}', false],
  ['{"index":7}', false],
  ['{"data":{"index":"x"}}', false],
  ["rubbish", false],
])("that %s states what can be no index is %s", (line, isUnreadable) => {
  for (const chunkBytes of [1, 2, 3, 7, 64])
    expect(read(line, chunkBytes).isUnreadable()).toBe(isUnreadable);
});
