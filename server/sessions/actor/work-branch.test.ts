import { expect, test } from "vitest";
import { workBranchOf } from "./work-branch.ts";

const sessionId = "ses_d0fbaab48d80PEHCAoRy0ntkqO";

test.each([
  ["Add a health check", "millrace/add-a-health-check-0ntkqo"],
  ["  Répare l’été — vite! ", "millrace/repare-l-ete-vite-0ntkqo"],
  ["修复", "millrace/0ntkqo"],
  ["../../etc/passwd; rm -rf ~", "millrace/etc-passwd-rm-rf-0ntkqo"],
  ["word ".repeat(40), "millrace/word-word-word-word-word-word-word-word-0ntkqo"],
])("%j becomes %s", (title, branch) => {
  expect(workBranchOf(sessionId, title)).toBe(branch);
});

test.each([
  ["agents/{title}/{id}", "Add a check", "agents/add-a-check/0ntkqo"],
  ["agents/{title}/{id}", "修复", "agents/0ntkqo"],
  ["{id}-{title}", "修复", "0ntkqo"],
  ["ci/{id}", "Add a check", "ci/0ntkqo"],
])("by the pattern %s and %j it is %s", (pattern, title, branch) => {
  expect(workBranchOf(sessionId, title, pattern)).toBe(branch);
});
