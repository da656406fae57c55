import { expect, test } from "vitest";
import { parseAnsi, stripAnsi } from "./parse-ansi.ts";

const ESC = "\u001b";
const looks = (text: string) =>
  parseAnsi(text).map((run) => [
    run.text,
    run.colour,
    [run.isBold && "bold", run.isDim && "dim", run.isUnderlined && "underline"]
      .filter(Boolean)
      .join(" "),
  ]);

test("colours and weights hold until they are taken back", () => {
  expect(looks(`a${ESC}[1;31mb${ESC}[22mc${ESC}[0md`)).toEqual([
    ["a", null, ""],
    ["b", "red", "bold"],
    ["c", "red", ""],
    ["d", null, ""],
  ]);
});

test("an empty code resets, bright colours share their base, bright black is dim", () => {
  expect(looks(`${ESC}[92ma${ESC}[mb${ESC}[90mc`)).toEqual([
    ["a", "green", ""],
    ["b", null, ""],
    ["c", "dim", ""],
  ]);
});

test("256 and true colours become the nearest of ours, backgrounds are dropped with their arguments", () => {
  expect(looks(`${ESC}[38;5;196ma${ESC}[38;2;20;200;30mb${ESC}[48;5;4;1mc`)).toEqual([
    ["a", "red", ""],
    ["b", "green", ""],
    ["c", "green", "bold"],
  ]);
});

test("cursor movements, titles, links and a cut escape leave no trace", () => {
  const text = `${ESC}[2K${ESC}]0;title\u0007one${ESC}[1A ${ESC}]8;;https://a${ESC}\\two${ESC}`;
  expect(
    parseAnsi(text)
      .map((run) => run.text)
      .join(""),
  ).toBe("one two");
  expect(stripAnsi(text)).toBe("one two");
});

test("a line that was written over shows its last state", () => {
  expect(parseAnsi("10 %\r50 %\r100 %\r\ndone\r").map((run) => run.text)).toEqual(["100 %\ndone"]);
});
