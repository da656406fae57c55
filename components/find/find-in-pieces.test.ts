import { expect, test } from "vitest";
import { findInPieces } from "./find-in-pieces.ts";

const line = (...texts: string[]) => {
  const block = {};
  return texts.map((text) => ({ text, block }));
};

test("occurrences are found whatever their case, one after the other", () => {
  expect(findInPieces(line("Pear, PEAR"), "pear", 10)).toEqual([
    { start: { piece: 0, offset: 0 }, end: { piece: 0, offset: 4 } },
    { start: { piece: 0, offset: 6 }, end: { piece: 0, offset: 10 } },
  ]);
  expect(findInPieces(line("a".repeat(10)), "a", 3)).toHaveLength(3);
});

test("a text that colours cut into pieces is found, but none that goes on in another line", () => {
  const pieces = [...line("const", " ", "pear"), ...line("= 1")];
  expect(findInPieces(pieces, "t pea", 10)).toEqual([
    { start: { piece: 0, offset: 4 }, end: { piece: 2, offset: 3 } },
  ]);
  expect(findInPieces(pieces, "pear=", 10)).toEqual([]);
  expect(findInPieces(pieces, "pear", 10)).toEqual([
    { start: { piece: 2, offset: 0 }, end: { piece: 2, offset: 4 } },
  ]);
});

test("letters that get longer in lower case move nothing", () => {
  expect(findInPieces(line("İİ", "pear"), "pear", 10)).toEqual([
    { start: { piece: 1, offset: 0 }, end: { piece: 1, offset: 4 } },
  ]);
});
