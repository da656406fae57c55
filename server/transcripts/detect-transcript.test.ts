import { expect, test } from "vitest";
import { detectTranscript } from "./detect-transcript.ts";
import { loadFixture } from "./testing/read-fixture.ts";

const detect = (text: string | Uint8Array) => detectTranscript(Buffer.from(text));

test.each([
  ["claude-edit.jsonl", "claude"],
  ["claude-question.jsonl", "claude"],
  ["claude-sub-agents.jsonl", "claude"],
  ["codex-shell.jsonl", "codex"],
  ["codex-patch.jsonl", "codex"],
  ["gemini-lines.jsonl", "gemini"],
  ["gemini-document.txt", "gemini"],
])("%s is known by its first bytes", async (name, format) => {
  const document = await loadFixture(name);
  expect(detect(document.subarray(0, 65_536))).toBe(format);
});

test("wherever it is cut, nothing else is found than in the whole", async () => {
  for (const name of ["claude-question.jsonl", "codex-shell.jsonl", "gemini-document.txt"]) {
    const document = await loadFixture(name);
    const whole = detect(document.subarray(0, 8_192));
    for (let end = 0; end < 4_096; end += 1)
      expect([whole, "undecided"]).toContain(detect(document.subarray(0, end)));
  }
});

test.each([
  ["items in a list", `[{"type":"part","data":{}}]`],
  ["items as lines", `{"type":"user","data":{"sessionId":"s","parentUuid":null,"uuid":"u"}}\n{}\n`],
  ["items in `data`", `{"data":[{"type":"session_meta","payload":{},"timestamp":"t"}]}`],
  ["a snapshot", `{"info":{"id":"ses_1"},"messages":[{"info":{},"parts":[]}]}`],
  ["a snapshot that is cut", `{"info":{"id":"ses_1","projectHash":"x`],
  ["a message", `{"info":{"role":"user"},"parts":[]}\n`],
  ["lines of an export", `{"type":"millrace_export","data":{}}\n{"type":"session","data":{}}\n`],
  ["lines of anybody", `{"level":30,"time":1,"msg":"started"}\n{"level":30}\n`],
  ["lines that name a session", `{"sessionId":"s","event":"click"}\n{"sessionId":"s"}\n`],
  ["a batch", `{"index":0,"prompt":"x","repository":"y"}\n`],
  ["a batch of uploads", `{"index":0,"upload":"upl_1"}\n`],
  ["no JSON", "once upon a time\n"],
  [
    "lines that begin as no object",
    `{"parentUuid":\n{"sessionId":"s","parentUuid":null,"uuid":"u"}\n`,
  ],
])("%s: not a transcript", (_, text) => {
  expect(detect(text)).not.toMatch(/claude|codex|gemini/);
});

const progress =
  `{"parentUuid":"p","sessionId":"s","type":"progress","data":{"type":"hook","info":{}},` +
  `"isSidechain":false,"uuid":"u"}\n`;
const sole = `{"sessionId":"s","projectHash":"h","messages":[{"id":"a","type":"user"}]}`;

test("an event of Claude Code with `data` is not one of ours, wherever it is cut", () => {
  expect(detect(progress)).toBe("claude");
  for (let end = 0; end < progress.length; end += 1)
    expect(["claude", "undecided"]).toContain(detect(progress.slice(0, end)));
});

test.each([
  `{"type":"file-history-snapshot","messageId":"m","snapshot":{"messageId":"m","trackedFileBackups":{"`,
  `{"type":"queue-operation","operation":"enqueue","timestamp":"t","sessionId":"s","content":"`,
])("a first line that is longer than what is looked at is known by its beginning: %s", (start) => {
  expect(detect(start.padEnd(65_536, "x"))).toBe("claude");
});

test("one document of Gemini on one line is a transcript, several lines of these are none", () => {
  const isLast = true;
  expect(detectTranscript(Buffer.from(sole), { isLast })).toBe("gemini");
  expect(detectTranscript(Buffer.from(`${sole}\n \n`), { isLast })).toBe("gemini");
  const documents = `${sole}\n${sole}\n`;
  expect(detectTranscript(Buffer.from(documents), { isLast })).toBe("none");
  for (let end = 0; end < documents.length; end += 1)
    expect(["none", "undecided"]).toContain(detect(documents.slice(0, end)));
});

test("a type that is no text is none", () => {
  expect(detect(`{"type":{"toString":0}}\n{"type":"part","data":{}}\n`)).toBe("none");
});

test("what may stand before the first message of Claude Code decides nothing", () => {
  const summary = `{"type":"summary","summary":"x","leafUuid":"u"}\n`;
  expect(detect(summary)).toBe("undecided");
  const record = `{"parentUuid":null,"isSidechain":false,"sessionId":"s","uuid":"u","type":"user"}\n`;
  expect(detect(summary + record)).toBe("claude");
});
