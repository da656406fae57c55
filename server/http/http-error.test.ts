import { expect, test } from "vitest";
import { AppError } from "#lib/errors.ts";
import { findHttpAnswer, httpError, withHeaders } from "./http-error.ts";

test("an error that gets headers keeps its status and the headers that it has", () => {
  const error = httpError(415, "Not this", { headers: { accept: "a/b", "retry-after": "9" } });
  const answered = withHeaders(error, { "retry-after": "1" });
  expect(answered).toBe(error);
  expect(findHttpAnswer(answered)).toEqual({
    status: 415,
    headers: { accept: "a/b", "retry-after": "1" },
  });
});

test("an error without a status of its own gets headers only, and what is no object nothing", () => {
  const error = new AppError("rate_limited", "Later");
  expect(findHttpAnswer(error)).toBeNull();
  expect(findHttpAnswer(withHeaders(error, { "retry-after": "1" }))).toEqual({
    headers: { "retry-after": "1" },
  });
  expect(withHeaders("a word", {})).toBe("a word");
});
