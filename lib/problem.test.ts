import { expect, test } from "vitest";
import { readProblem } from "./problem.ts";

test.each([
  ['{"title":"Gone","detail":"The session was deleted"}', "The session was deleted"],
  ['{"title":"Bad Gateway","status":502}', "Bad Gateway"],
  ['{"detail":7}', null],
  ['{"detail":""}', null],
  ["null", null],
  ["[]", null],
  ["<html>502</html>", null],
  ["", null],
])("%s says %s", (body, words) => {
  expect(readProblem(body)).toBe(words);
});
