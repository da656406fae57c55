import { expect, test } from "vitest";
import { chooseWay, toLine } from "./document-line.ts";

test("one object is a line, whatever it is spread over", () => {
  const text = '\n{\n  "data": [\r\n    {"text": "a\\nb"}\n  ]\n}\n';
  expect(chooseWay(text)).toBe("document");
  const line = toLine(text, 7);
  expect(line).not.toMatch(/[\r\n]/);
  expect(JSON.parse(line)).toEqual({ index: 7, data: [{ text: "a\nb" }] });
  expect(JSON.parse(toLine("{}", 0))).toEqual({ index: 0 });
});

test("numbers and doubled members stay as they were written", () => {
  expect(toLine('{"n": 1.0, "n": 12345678901234567890}', 1)).toBe(
    '{"index":1,"n": 1.0, "n": 12345678901234567890}',
  );
});

test("lists, lines, and objects with an index of their own are uploads", () => {
  for (const text of [
    '[{"type":"message"}]',
    '{"a":1}\n{"b":2}\n',
    '{"a":1}\nrubbish',
    '{"index":4}',
  ])
    expect(chooseWay(text), text).toBe("upload");
});

test("what cannot be read is a line that keeps its index", () => {
  const broken = '{\n"data": [';
  expect(chooseWay(broken)).toBe("document");
  expect(toLine(broken, 3)).toBe('{"index":3,"data": [');
});
