import { expect, test } from "vitest";
import { refusalOf } from "./refusal-of.ts";

test.each([
  [
    "remote: error: GH006: Protected branch update failed for refs/heads/main.        \n" +
      "remote: error: At least 1 approving review is required.        \n" +
      " ! [remote rejected] 1ab2 -> main (protected branch hook declined)\n",
    "GH006: Protected branch update failed for refs/heads/main.; protected branch hook declined",
  ],
  [" ! [remote rejected] 1ab2 -> main (pre-receive hook declined)\n", "pre-receive hook declined"],
  [`remote: GitLab: ${"long ".repeat(100)}\n`, "long ".repeat(60)],
])("what a git server says of a branch that it refuses is told", (output, words) => {
  expect(refusalOf(output, null).message).toBe(`The git server refused the branch: ${words}`);
});

test("a git server that says nothing has refused all the same", () => {
  expect(refusalOf("", null).message).toBe("The git server refused the branch");
});
