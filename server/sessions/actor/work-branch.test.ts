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
