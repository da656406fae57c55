import { expect, test } from "vitest";
import { gitFailure, gitFailureReason } from "./git-failure.ts";

test.each([
  ["fatal: write error: No space left on device\nfatal: index-pack failed", "disk_full"],
  ["error: RPC failed; HTTP 429 curl 22 The requested URL returned error: 429", "rate_limited"],
  ["fatal: unable to access 'x': The requested URL returned error: 302", "redirected"],
  ["fatal: couldn't find remote ref HEAD", "branch_missing"],
  [
    "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
    "not_found",
  ],
  [
    "remote: Repository not found.\nfatal: repository 'https://github.com/a/b/' not found",
    "not_found",
  ],
  ["fatal: '/x' does not appear to be a git repository", "not_found"],
  ["fatal: repository '/x' does not exist", "not_found"],
  ["fatal: Authentication failed for 'https://example.org/a'", "authentication"],
  ["fatal: unable to access 'x': The requested URL returned error: 403", "authentication"],
  ["fatal: unable to access 'x': Could not resolve host: example.org", "network"],
  ["fatal: unable to access 'x': SSL certificate problem: self-signed certificate", "network"],
  [
    "error: RPC failed; curl 18 transfer closed\nfatal: early EOF\nfatal: index-pack failed",
    "network",
  ],
  ["fatal: unable to access 'x': Operation too slow. Less than 1 bytes/sec", "network"],
  ["error: object file .git/objects/aa/bb is empty", "corrupt"],
  ["fatal: bad config line 1 in file ./config", "corrupt"],
  ["fatal: Cannot switch branch to a non-commit 'abc'", "corrupt"],
  ["fatal: something new", "unknown"],
])("%j is told as such", (output, reason) => {
  expect(gitFailureReason(gitFailure(output, 128))).toBe(reason);
});

test("the message is ours, git's words are in the cause only", () => {
  const error = gitFailure("fatal: repository 'https://example.org/secret-project' not found", 128);
  expect(error.message).toBe("The repository was not found, or it is private");
  expect(JSON.stringify(error.details)).not.toContain("secret-project");
  expect((error.cause as Error).message).toContain("secret-project");
});
