import { expect, test } from "vitest";
import { findError, findRefusedRows } from "./start-errors.ts";

const rows = ["GOOD", " bad-name ", "", "a.b"].map((name) => ({ name, value: "" }));

test("an error about a member is shown at its field, and about no field at none", () => {
  const errors = { "setupCommands.2": "Too long", "": "Try again" };
  expect(findError(errors, "setupCommands")).toBe("Too long");
  expect(findError(errors, "setup")).toBeNull();
  expect(findError({}, "environment")).toBeNull();
});

test("only the variable that is refused is marked", () => {
  expect(findRefusedRows({ "environment.bad-name": "No" }, rows)).toEqual([1]);
  expect(findRefusedRows({ "environment.a.b": "No" }, rows)).toEqual([3]);
});

test("all variables are marked when the error is about their number, none when there is no error", () => {
  expect(findRefusedRows({ environment: "At most 50" }, rows)).toEqual([0, 1, 2, 3]);
  expect(findRefusedRows({ branch: "No" }, rows)).toEqual([]);
});
