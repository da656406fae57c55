import { describe, expect, test } from "vitest";
import { formatBytes } from "./format-bytes.ts";
import { formatCost, formatCount, formatTokens } from "./format-count.ts";
import { formatDuration, formatElapsed } from "./format-duration.ts";
import { formatRelativeTime } from "./format-relative-time.ts";
import { shortRepository } from "./short-repository.ts";

test.each([
  [-5, "0 s"],
  [0, "0 s"],
  [420, "0.4 s"],
  [9_949, "9.9 s"],
  [9_950, "10 s"],
  [59_900, "59 s"],
  [60_000, "1 m 00 s"],
  [252_000, "4 m 12 s"],
  [3_599_999, "59 m 59 s"],
  [3_840_000, "1 h 04 m"],
])("writes %i ms as %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

test("a ticking clock shows whole seconds only", () => {
  expect([0, 999, 1_999, 61_999].map(formatElapsed)).toEqual(["0 s", "0 s", "1 s", "1 m 01 s"]);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1 KB"],
  [8_192, "8.2 KB"],
  [999_600, "1 MB"],
  [2_400_000, "2.4 MB"],
  [61_000_000, "61 MB"],
  [5_368_709_120, "5.4 GB"],
])("writes %i bytes as %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

describe("counts", () => {
  test("take the plural except for one", () => {
    expect([0, 1, 2].map((count) => formatCount(count, "tool"))).toEqual([
      "0 tools",
      "1 tool",
      "2 tools",
    ]);
  });

  test("of tokens stay short", () => {
    expect([0, 999, 12_400, 1_000_000].map(formatTokens)).toEqual(["0", "999", "12.4k", "1M"]);
  });

  test("of dollars keep the digits that matter", () => {
    expect([0, 0.0042, 0.5, 12].map(formatCost)).toEqual(["$0.00", "$0.0042", "$0.50", "$12.00"]);
  });
});

test("a moment is told from now, later by its date", () => {
  const nowMs = Date.parse("2026-11-20T12:00:00Z");
  const tell = (iso: string) => formatRelativeTime(iso, nowMs);
  expect(tell("2026-11-20T12:00:30Z")).toBe("now");
  expect(tell("2026-11-20T11:55:00Z")).toBe("5 min ago");
  expect(tell("2026-11-20T09:00:00Z")).toBe("3 h ago");
  expect(tell("2026-11-18T09:00:00Z")).toBe("2 d ago");
  expect(tell("2026-03-02T09:00:00Z")).toBe("2 Mar");
  expect(tell("2025-03-02T09:00:00Z")).toBe("2 Mar 2025");
});

test.each([
  ["https://github.com/owner/name.git", "owner/name"],
  ["https://git.example.org/group/sub/name/", "sub/name"],
  ["https://localhost:8080/repo.git", "repo"],
  ["owner/name", "owner/name"],
  ["/srv/code/project/", "project"],
  ["/", "/"],
  ["git@github.com:orchard/trees.git", "orchard/trees"],
])("calls %s %s for short", (repository, name) => expect(shortRepository(repository)).toBe(name));
