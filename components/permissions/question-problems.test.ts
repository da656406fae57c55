import { expect, test } from "vitest";
import { noProblems, problemsOf, problemWith, withChanged } from "./question-problems.ts";

const missing = { colour: "Needed", tag: "Too long" };

test("a field that is changed is taken for right, the others stay wrong", () => {
  const problems = withChanged(problemsOf(missing), "tag");
  expect(problemWith(problems, "tag")).toBeNull();
  expect(problemWith(problems, "colour")).toBe("Needed");
  expect(problemWith(problems, "reason")).toBeNull();
});

test("a field that is changed leaves what submitting has found, by which the focus goes (#7)", () => {
  const problems = problemsOf(missing);
  const changed = withChanged(withChanged(problems, "tag"), "colour");
  expect(changed.found).toBe(problems.found);
});

test("a field may be named as what every object has", () => {
  expect(problemWith(noProblems, "constructor")).toBeNull();
  expect(problemWith(problemsOf({ constructor: "Needed" }), "constructor")).toBe("Needed");
});
