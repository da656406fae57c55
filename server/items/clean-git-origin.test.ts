import { expect, test } from "vitest";
import { cleanGitOrigin } from "./clean-git-origin.ts";

test.each([
  ["https://github.com/owner/name.git", "https://github.com/owner/name.git"],
  ["https://token@host.test/a/b", "https://host.test/a/b"],
  ["https://me:secret@host.test:8443/a/b?access_token=x#y", "https://host.test:8443/a/b"],
  [" http://host.test/a ", "http://host.test/a"],
  ["git@github.com:owner/name.git", "git@github.com:owner/name.git"],
  ["git@host.test:a/b?token=x", "git@host.test:a/b"],
])("%j is shown as %j", (value, expected) => expect(cleanGitOrigin(value)).toBe(expected));

test.each([
  "",
  "owner/name",
  "/home/me/secret",
  "file:///home/me/secret",
  "ssh://git:secret@host.test/a",
  "me:secret@host.test:a/b",
  "git@host.test:me:secret@other.test/a",
  "javascript:alert(1)",
  "https://",
  "git@host.test:a b",
  `https://host.test/${"a".repeat(3_000)}`,
  7,
  null,
])("%j is not shown", (value) => expect(cleanGitOrigin(value)).toBeNull());
