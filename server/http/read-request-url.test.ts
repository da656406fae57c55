import { expect, test } from "vitest";
import { readRequestUrl } from "./read-request-url.ts";

test.each([
  "//",
  "//evil.example/healthz",
  "///",
  "/\\evil.example",
  "\\",
  "http://",
  "http://localhost/healthz",
  "https://[",
  "*",
  "localhost:443",
  "healthz",
  "",
])("%j is no path", (url) => {
  expect(readRequestUrl({ url })).toBeNull();
});

test("a request without a target has no path", () => {
  expect(readRequestUrl({})).toBeNull();
});

test.each([
  ["/", "/", ""],
  ["/%", "/%", ""],
  ["/%ff%00", "/%ff%00", ""],
  ["/a//b", "/a//b", ""],
  ["/:80/", "/:80/", ""],
  ["/@evil.example/", "/@evil.example/", ""],
  ["/sign-in?token=//x", "/sign-in", "?token=//x"],
])("%j has a path and a query", (url, pathname, search) => {
  expect(readRequestUrl({ url })).toMatchObject({ hostname: "localhost", pathname, search });
});
