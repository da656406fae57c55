import { expect, test } from "vitest";
import { nextCursor } from "./stream-cursor.ts";
import { formatOffset } from "#lib/stream-offset.ts";
import { parseOffset, parseReadOffset } from "./stream-offset.ts";
import { parseSourcePath, parseStreamPath } from "./stream-path.ts";

test("offsets sort as text as their bytes do, and come back", () => {
  const positions = [0, 1, 9, 10, 99, 8_388_608, 5_368_709_120, Number.MAX_SAFE_INTEGER];
  const offsets = positions.map((position) => formatOffset(position));
  expect(offsets.toSorted()).toEqual(offsets);
  expect(offsets.map((offset) => parseOffset(offset))).toEqual(positions);
});

test.each(["", "0", "-2", "0000000000000002_0000000000000000", " -1", "NOW", "../x"])(
  "%j is no offset",
  (text) => {
    expect(() => parseReadOffset(text)).toThrow("not an offset");
  },
);

test("two words are offsets of readers", () => {
  expect(parseReadOffset("-1").position).toBe(0);
  expect(parseReadOffset("now").position).toBe("now");
});

test("an offset says whether it is of a value that came in place of another", () => {
  for (const isReplaced of [false, true])
    expect(parseReadOffset(formatOffset(7, { isReplaced }))).toEqual({ position: 7, isReplaced });
  expect(() => parseOffset(formatOffset(7, { isReplaced: true }))).toThrow("not an offset");
});

test("a cursor is always greater than the one before, whatever was brought", () => {
  const nowMs = Date.UTC(2026, 0, 1);
  const current = Number(nextCursor(null, nowMs));
  expect(nextCursor("x", nowMs)).toBe(String(current));
  expect(nextCursor(String(current - 1), nowMs)).toBe(String(current));
  for (const brought of [current, current + 1, current + 5_000])
    expect(Number(nextCursor(String(brought), nowMs))).toBeGreaterThan(brought);
});

test("spellings of a path are one path", () => {
  expect(parseStreamPath("a/b%20c/%C3%A9")).toBe("a/b c/é");
  expect(parseSourcePath("/api/v1/streams/a/b")).toBe("a/b");
  expect(parseSourcePath("/a/b")).toBe("a/b");
});

test.each(["", "%00", "a%0ab", "%2Fa", "%ff", "x".repeat(1_025)])("%j is no path", (encoded) => {
  expect(() => parseStreamPath(encoded)).toThrow(/path of a stream|malformed/);
});

test("the protocol's own addresses are no streams", () => {
  expect(() => parseStreamPath("__ds/subscriptions/x")).toThrow("not offered");
  expect(parseStreamPath("__dsx")).toBe("__dsx");
});
