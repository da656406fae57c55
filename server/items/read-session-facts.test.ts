import { describe, expect, test } from "vitest";
import { readSessionFacts, saysOfSession } from "./read-session-facts.ts";

const facts = (type: string, value: unknown) =>
  readSessionFacts(type, Buffer.from(JSON.stringify(value)));
const title = (value: unknown) => facts("session", { title: value }).title;

describe("the title", () => {
  test.each([
    "New session - 2026-11-20T04:00:00.000Z",
    "Child session - 2026-11-20T04:00:00.000Z",
    "",
    "  ",
    7,
  ])("%j is none", (value) => expect(title(value)).toBeNull());
  test("is cut at 200 characters, not inside one", () => {
    expect(title("🦉".repeat(300))).toBe("🦉".repeat(200));
  });
  test("loses what Postgres refuses", () => expect(title(" a\0b\ud800c ")).toBe("ab\ufffdc"));
});

test("each type says what it knows", () => {
  expect(facts("session", { title: "A", parentID: " ses_1 " })).toEqual({
    title: "A",
    parentId: "ses_1",
  });
  expect(
    facts("kilo_meta", { gitUrl: "https://me:secret@host.test/a?b#c", gitBranch: "main" }),
  ).toEqual({ gitOrigin: "https://host.test/a", gitBranch: "main" });
  expect(facts("model", [{ id: "small" }, { id: "large" }])).toEqual({ listedModel: "large" });
  expect(facts("session_status", { status: "busy" })).toEqual({ reportedStatus: "busy" });
  expect(facts("session_close", { reason: "interrupted" })).toEqual({ reportedEnd: "interrupted" });
});

test.each(["session", "kilo_meta", "model", "session_status", "session_close"])(
  "a `%s` that is empty, damaged or of another shape takes everything back",
  (type) => {
    for (const body of ["", "no json", "7", "null", "[]", "{}", "[7]", '[{"id":7}]'])
      for (const fact of Object.values(readSessionFacts(type, Buffer.from(body))))
        expect(fact).toBeNull();
  },
);

test("only the one item of its type speaks for the session", () => {
  expect(saysOfSession({ type: "session", messageId: "", partId: "" })).toBe(true);
  expect(saysOfSession({ type: "session", messageId: "m1", partId: "" })).toBe(false);
  expect(saysOfSession({ type: "part", messageId: "", partId: "" })).toBe(false);
  expect(saysOfSession({ type: "toString", messageId: "", partId: "" })).toBe(false);
});
