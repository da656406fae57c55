import { expect, test } from "vitest";
import { parseCsv } from "./csv.ts";

const fieldsOf = (text: string) => parseCsv(text).rows.map(({ fields }) => fields);

test("fields may be quoted, and then hold separators, quotes and line breaks", () => {
  const text = 'prompt,repository\r\n"Fix ""it"", now\nand then rest",a/b\r\nPlain,c/d\r\n';
  expect(parseCsv(text)).toEqual({
    header: ["prompt", "repository"],
    rows: [
      { line: 2, fields: ['Fix "it", now\nand then rest', "a/b"], problem: null },
      { line: 4, fields: ["Plain", "c/d"], problem: null },
    ],
  });
});

test("every way to end lines, and none at the end, gives the same rows", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const text = ["a,b", "1,2", "3,4"].join(end);
    expect(fieldsOf(text)).toEqual([
      ["1", "2"],
      ["3", "4"],
    ]);
    expect(parseCsv(text + end).rows.map(({ line }) => line)).toEqual([2, 3]);
  }
});

test("a byte order mark, empty lines and spaces around names do not matter", () => {
  expect(parseCsv("\ufeff prompt , repository \n\n1,2\n , \n\n3,4\n")).toMatchObject({
    header: ["prompt", "repository"],
    rows: [
      { line: 3, fields: ["1", "2"] },
      { line: 6, fields: ["3", "4"] },
    ],
  });
});

test("semicolons and tabs separate too", () => {
  expect(fieldsOf("prompt;repository\nFix it, now;a/b")).toEqual([["Fix it, now", "a/b"]]);
  expect(fieldsOf("a;b\n1;2\n3;4\n")).toEqual([
    ["1", "2"],
    ["3", "4"],
  ]);
  expect(fieldsOf('\n"name, or nick";price\nx;1,50\n')).toEqual([["x", "1,50"]]);
  expect(fieldsOf("prompt\trepository\nFix it, now\ta/b")).toEqual([["Fix it, now", "a/b"]]);
});

test("a single column needs no separator", () => {
  expect(fieldsOf("repository\na/b\nc/d")).toEqual([["a/b"], ["c/d"]]);
});

test("rows that are too short, too long, or badly quoted are named and keep their place", () => {
  const { rows } = parseCsv('a,b\n1\n1,2,3\n1,2\n"open,2\n');
  expect(rows.map(({ line, problem }) => [line, problem])).toEqual([
    [2, "It has 1 field, the header has 2"],
    [3, "It has 3 fields, the header has 2"],
    [4, null],
    [5, "A quote is opened and never closed"],
  ]);
});

test("nothing, and a header alone, are no rows", () => {
  expect(parseCsv("")).toEqual({ header: [], rows: [] });
  expect(parseCsv("prompt,repository\n")).toEqual({ header: ["prompt", "repository"], rows: [] });
});
