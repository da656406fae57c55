import { expect, test } from "vitest";
import { requireSession } from "./require-session.ts";

const claude = {
  type: "user",
  sessionId: "s",
  parentUuid: null,
  isSidechain: false,
  uuid: "u",
  message: { role: "user", content: "x".repeat(100_000) },
};
const gemini = { sessionId: "s", projectHash: "h" };

test.each([
  ["a list of items", { data: [] }],
  ["a snapshot", { info: { id: "ses_1" }, messages: [] }],
  ["a document of Gemini", { index: 3, ...gemini, messages: [] }],
  ["a document that has a type", { type: "session", data: [] }],
])("%s is a session", (_, line) => {
  expect(() => requireSession(line)).not.toThrow();
});

test.each([
  ["a record of Claude Code", claude, /transcript of Claude Code: bring its file as a whole/],
  ["an event of Claude Code with data", { ...claude, data: {} }, /transcript of Claude Code/],
  ["a record of Codex", { type: "event_msg", timestamp: "t", payload: {} }, /transcript of Codex/],
  ["the first record of Gemini", gemini, /transcript of Gemini CLI/],
  ["an item", { type: "session", data: { title: "x" } }, /one item of a session: bring its file/],
  ["a record of anybody else", { type: "summary", text: "x" }, /neither data, nor messages/],
  ["anything else", { a: 1 }, /neither data, nor messages, nor an upload/],
])("%s is none", (_, line, reason) => {
  expect(() => requireSession(line)).toThrow(reason);
});
