import { expect, test } from "vitest";
import { line, linesOf } from "./testing/lines.ts";
import { loadFixture, readAll, toMessages } from "./testing/read-fixture.ts";

const fixtures = [
  "claude-edit.jsonl",
  "claude-question.jsonl",
  "claude-sub-agents.jsonl",
  "codex-shell.jsonl",
  "codex-patch.jsonl",
  "gemini-lines.jsonl",
  "gemini-document.txt",
];

test.each(fixtures)("%s makes the same elements however it is cut", async (name) => {
  const document = await loadFixture(name);
  const whole = await readAll(document);
  expect(whole.error).toBeNull();
  expect(whole.elements.map(({ index }) => index)).toEqual(whole.elements.map((_, n) => n));
  for (const chunkBytes of [1, 2, 3, 7, 64])
    expect((await readAll(document, chunkBytes)).elements, `${chunkBytes}`).toEqual(whole.elements);
});

test.each(fixtures.filter((name) => name.endsWith("l")))(
  "%s: a longer version makes what the shorter one made, and what grew keeps its id",
  async (name) => {
    const document = await loadFixture(name);
    const whole = await readAll(document);
    const ends = [...document.keys()].filter((at) => document[at] === 0x0a);
    const undetected: number[] = [];
    const known = new Map(whole.elements.map((element) => [idOf(element), element]));
    for (const end of ends) {
      const { elements, progress } = await readAll(document.subarray(0, end + 1));
      if (progress.format === "ndjson") {
        undetected.push(end);
        continue;
      }
      for (const element of elements) expect(known.has(idOf(element)), idOf(element)).toBe(true);
    }
    // A title of any session does not tell whose it is.
    const isTitled = document.subarray(0, ends[0]).includes('"type":"summary"');
    expect(undetected).toEqual(isTitled ? [ends[0]] : []);
  },
);

const idOf = ({
  type,
  messageId,
  partId,
}: { [Name in "type" | "messageId" | "partId"]: unknown }) => [type, messageId, partId].join(" ");

const answer = (content: unknown, id: string) =>
  line({ type: "assistant", message: { id, role: "assistant", content: [content] } });
const call = (id: string) => ({ type: "tool_use", id, name: "Bash", input: { command: "ls" } });
const result = (id: string, content = "done") =>
  line({ type: "user", message: { content: [{ type: "tool_result", tool_use_id: id, content }] } });

test("a call without its result is told at the end, and with it as the same part", async () => {
  const records = [answer(call("a"), "m"), answer({ type: "text", text: "next" }, "n")];
  const late = result("a");
  const before = toMessages(await readAll(linesOf(records)));
  const after = toMessages(await readAll(linesOf([...records, late])));
  expect(before[0]?.parts[0].state.status).toBe("running");
  expect(after[0]?.parts[0]).toMatchObject({
    id: before[0]?.parts[0].id,
    state: { status: "completed", output: "done", input: { command: "ls" } },
  });
});

test("a line that is broken, too deep, or not UTF-8 is a skip in its place; the others stay", async () => {
  const text = (said: string) => answer({ type: "text", text: said }, said);
  const good = ["one", "two", "three", "four"].map((said) => linesOf([text(said)]));
  const deep = `{"parentUuid":null,"x":${"[".repeat(600)}${"]".repeat(600)}}\n`;
  const document = Buffer.concat([
    good[0] ?? Buffer.alloc(0),
    Buffer.from(`{"type":"user","message":\n`),
    good[1] ?? Buffer.alloc(0),
    Buffer.from(deep),
    good[2] ?? Buffer.alloc(0),
    Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d, 0x0a]),
    good[3] ?? Buffer.alloc(0),
    Buffer.from(`{"type":"assistant","mess`),
  ]);
  const found = await readAll(document);
  expect(found.error).toBeNull();
  const skipped = found.elements.filter(({ kind }) => kind === "skipped");
  expect(skipped.map(({ reason }) => reason)).toEqual([
    "The record is not JSON",
    "The record is nested deeper than 512 levels",
    "The record is not encoded in UTF-8",
    "The record is not JSON",
  ]);
  expect(skipped[0]?.offset).toBe(good[0]?.length);
  const said = toMessages(found).map(({ parts }) => parts[0].text);
  expect(said).toEqual(["one", "two", "three", "four"]);
});

test("texts with NUL, half a surrogate pair and names of the language come through", async () => {
  const text = "a\u0000b\ud800c";
  const found = await readAll(linesOf([answer({ type: "text", text }, "__proto__")]));
  expect(toMessages(found)[0]?.parts[0].text).toBe(text);
});

const odd = { toString: 0, valueOf: 0 };
const codexLine = (type: unknown, payload: object) => ({ timestamp: "2026-01-01", type, payload });
const saidBy = (role: string, content: unknown) => ({ type: "message", role, content });
const oddDocuments = {
  claude: [
    answer({ type: "text", text: "kept" }, "m0"),
    answer({ type: odd, name: odd, id: odd, tool_use_id: odd, text: odd }, "m1"),
    answer(call("a"), "m2"),
    line({
      type: "user",
      toolUseResult: { filePath: "x", structuredPatch: [{ oldStart: odd, lines: [odd] }] },
      message: {
        content: [
          { type: "tool_result", tool_use_id: "a", content: [{ type: "text", text: odd }] },
        ],
      },
    }),
    line({ type: odd, uuid: odd, timestamp: odd, cwd: odd }),
  ],
  codex: [
    codexLine("session_meta", { id: "s" }),
    codexLine("response_item", saidBy("assistant", [{ type: "output_text", text: "kept" }])),
    codexLine(odd, {}),
    codexLine("response_item", saidBy("user", [{ type: odd, text: odd }])),
    codexLine("response_item", { type: odd, call_id: odd, name: odd, arguments: odd }),
    codexLine("event_msg", { type: odd, message: odd, call_id: odd }),
  ],
  gemini: [
    { sessionId: "s", projectHash: "h" },
    { id: "a", type: "gemini", content: "kept" },
    { id: "b", type: odd, content: { text: odd } },
    {
      id: "c",
      type: "gemini",
      thoughts: [{ timestamp: odd }],
      toolCalls: [{ id: odd, name: odd }],
    },
    { id: odd, type: "user", content: [{ text: odd }], timestamp: odd },
  ],
};

test.each(Object.entries(oddDocuments))(
  "%s: a member that is nothing that can be shown fails nothing",
  async (format, records) => {
    const found = await readAll(linesOf(records));
    expect(found).toMatchObject({ error: null, progress: { format } });
    expect(found.elements.filter(({ kind }) => kind === "skipped")).toEqual([]);
    expect(toMessages(found).flatMap(({ parts }) => parts)).toContainEqual(
      expect.objectContaining({ text: "kept" }),
    );
  },
);

test("an answer that is larger than what is held is told in pieces, in its order", async () => {
  const blocks = Array.from({ length: 30 }, (_, n) =>
    answer({ type: "text", text: `${n} ${"x".repeat(100_000)}` }, "m"),
  );
  const found = await readAll(linesOf(blocks));
  const [message] = toMessages(found);
  expect(message?.parts.map(({ text }) => parseInt(text, 10))).toEqual(blocks.map((_, n) => n));
  expect(found.elements.filter(({ type }) => type === "message").length).toBeGreaterThan(1);
});

test("calls that never end do not add up: the oldest ones are told without a result", async () => {
  const calls = Array.from({ length: 1_005 }, (_, n) => answer(call(`c${n}`), `m${n}`));
  const { elements } = await readAll(linesOf([...calls, result("c0"), result("c1004")]));
  const parts = elements.filter(({ type }) => type === "part").map(({ body }) => body ?? "");
  expect(parts).toHaveLength(1_006);
  expect(parts[0]).toContain(`"callID":"c0"`);
  expect(parts.filter((body) => body.includes(`"kind":"tool_result"`))).toHaveLength(1);
});
