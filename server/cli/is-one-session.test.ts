import { expect, test } from "vitest";
import { loadFixture } from "#server/transcripts/testing/read-fixture.ts";
import { isOneSession } from "./is-one-session.ts";

const judge = (text: string) => isOneSession(Buffer.from(text));

test.each(["claude-question.jsonl", "codex-shell.jsonl", "gemini-document.txt"])(
  "%s is one session, also where only its beginning is there",
  async (name) => {
    const document = await loadFixture(name);
    expect(isOneSession(document)).toBe(true);
    expect(isOneSession(document.subarray(0, 8_192))).toBe(true);
  },
);

test.each([
  ["a list", `[{"type":"message","data":{}}]`, true],
  ["a document on several lines", `{\n  "info": {"id": "ses_1"},\n`, true],
  ["items as lines", `{"type":"session","data":{}}\n{"type":"message","data":{}}\n`, true],
  ["an item that is cut", `{"type":"part","data":{"text":"xxx`, true],
  ["messages as lines", `{"info":{},"parts":[]}\n{"info":{},"parts":[]}\n`, true],
  ["lines of sessions", `{"data":[]}\n{"data":[]}\n`, false],
  ["lines of snapshots", `{"info":{},"messages":[]}\n`, false],
  [
    "a line that says its index",
    `{"index":4,"sessionId":"s","projectHash":"h","messages":[]}\n`,
    false,
  ],
  ["lines of uploads", `{"upload":"upl_1"}\n`, false],
  ["a torn line", `{"ind\n{"data":[]}\n`, false],
  ["rubbish", "rubbish\n", false],
  ["nothing", "", false],
])("%s: %s", (_, text, is) => {
  expect(judge(text)).toBe(is);
});
