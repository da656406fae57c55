import { expect, test } from "vitest";
import { noFilters, readListFilters, toListInput, writeListFilters } from "./list-filters.ts";

test("an address keeps what the list is narrowed by", () => {
  const filters = {
    query: 'grain "in the mill" & more',
    shelf: "archive",
    status: "failed",
    repository: "https://example.com/owner/name.git",
    branch: "feature/ä",
    agent: "kilo",
    source: "claude",
    changed: "week",
    isPinned: true,
    isUnread: true,
  } as const;
  const address = new URLSearchParams(writeListFilters(filters));
  expect(readListFilters(Object.fromEntries(address))).toEqual(filters);
});

test("nothing narrowed is no address", () => {
  expect(writeListFilters(noFilters)).toBe("");
  expect(readListFilters({})).toEqual(noFilters);
});

test("what an address should not hold is left out", () => {
  const parameters = { q: ["a", "b"], status: "gone", shelf: "trash", changed: "toString" };
  expect(readListFilters({ ...parameters, branch: "\0" })).toEqual({ ...noFilters, query: "a" });
});

test("sessions stand in groups until something is asked for", () => {
  expect(toListInput(noFilters, 0)).toEqual({ shelf: "open", isGrouped: true });
  expect(toListInput({ ...noFilters, shelf: "all", query: " a " }, 0)).toEqual({
    shelf: "all",
    isGrouped: false,
    query: "a",
  });
});

test("how long ago becomes a moment", () => {
  const nowMs = Date.UTC(2026, 0, 8);
  expect(toListInput({ ...noFilters, changed: "week" }, nowMs).changedFrom).toBe(
    "2026-01-01T00:00:00.000Z",
  );
});
