import { expect, test } from "vitest";
import { lastOf, loadFixture, outline, readAll, toMessages } from "../testing/read-fixture.ts";
import { line, linesOf } from "../testing/lines.ts";

const read = async (name: string) => readAll(await loadFixture(name));

test("a transcript becomes a session with its prompts, thoughts, texts and calls", async () => {
  const found = await read("claude-edit.jsonl");
  const messages = toMessages(found);
  expect(found.progress.format).toBe("claude");
  expect(outline(messages)).toEqual([
    "user text",
    "assistant reasoning",
    "assistant text",
    "assistant tool todowrite completed",
    "assistant reasoning",
    "assistant tool todowrite completed",
    "assistant reasoning",
    "assistant tool read completed",
    "assistant tool read completed",
    "assistant reasoning",
    "assistant tool todowrite completed",
    "assistant reasoning",
    "assistant tool edit error",
    "user text",
    "assistant text",
    "assistant tool edit completed",
    "assistant tool todowrite completed",
    "assistant tool edit running",
  ]);
  expect(lastOf(found, "session")).toMatchObject({
    directory: "/home/wei/repo/claude-code",
    version: "1.0.95",
    time: { created: Date.parse("2025-08-28T12:57:08.611Z") },
  });
  expect(lastOf(found, "session").title).toMatch(/^幫我檢查一下 go\.mod/);
  expect(lastOf(found, "kilo_meta")).toEqual({ gitBranch: "main" });
});

test("an answer has its model, its tokens and the prompt that it belongs to", async () => {
  const [prompt, answer] = toMessages(await read("claude-edit.jsonl"));
  expect(answer?.info).toMatchObject({
    parentID: prompt?.info.id,
    modelID: "claude-sonnet-4-20250514",
    providerID: "anthropic",
    path: { cwd: "/home/wei/repo/claude-code" },
    tokens: { input: 10, output: 2, cache: { read: 11_459, write: 3_788 } },
  });
});

test("a call that was refused ends its answer as stopped, and an edit has its patch", async () => {
  const messages = toMessages(await read("claude-edit.jsonl"));
  const stopped = messages.filter(({ info }) => info.error);
  expect(stopped).toHaveLength(1);
  expect(stopped[0]?.info.error.name).toBe("MessageAbortedError");
  const edits = messages.flatMap(({ parts }) => parts.filter(({ tool }) => tool === "edit"));
  expect(edits[0].state.error).toContain("The user doesn't want to proceed");
  expect(edits[1].state.input.file_path).toBe("/home/wei/repo/claude-code/go.mod");
  expect(edits[1].state.metadata.diff).toContain("@@ -1,9 +1,7 @@");
  expect(edits[1].state.metadata.diff).toContain("-toolchain go1.24.3");
});

test("what the program says in the person's name is kept and not shown", async () => {
  const found = await read("claude-question.jsonl");
  const messages = toMessages(found);
  expect(outline(messages)).toEqual([
    "user text",
    "user text",
    "assistant text",
    "assistant tool task completed",
    "assistant text",
    "assistant tool askuserquestion completed",
    "assistant text",
    "assistant tool exitplanmode running",
  ]);
  const all = messages.flatMap(({ parts }) => parts);
  expect(all[0]).toMatchObject({ kind: "file-history-snapshot", ignored: true });
  expect(all.find(({ synthetic }) => synthetic).text).toMatch(/^Caveat: The messages below/);
  expect(all.find(({ text }) => text === "/clear")).toBeDefined();
  expect(lastOf(found, "session").title).toMatch(/^Let's explore scrolling, scroll to bottom/);
});

test("a sub-agent with a file of its own is named as that file's session is", async () => {
  const tools = toMessages(await read("claude-question.jsonl")).flatMap(({ parts }) => parts);
  const task = tools.find(({ tool }) => tool === "task");
  expect(task.state.metadata.sessionId).toMatch(/^06381696-0074-49f8-863e-6ad4fac507f9\/\w+$/);
  const question = tools.find(({ tool }) => tool === "askuserquestion");
  expect(question.state.metadata.answers[0]).toBe("AI Elements components");
});

test("what a sub-agent did within the same file stands together, behind what it was told", async () => {
  const found = await read("claude-sub-agents.jsonl");
  const [sub] = toMessages(found).filter(({ info }) => info.agent === "sub-agent");
  expect(outline(sub ? [sub] : [])).toEqual([
    "assistant subtask",
    "assistant text",
    "assistant tool bash completed",
    "assistant tool bash completed",
    "assistant text",
    "assistant tool write completed",
    "assistant tool write completed",
    "assistant tool write completed",
    "assistant tool write completed",
    "assistant text",
  ]);
  expect(sub?.parts[0].description).toBe(
    "Create React components for the TODO app in a components/ directory:",
  );
  expect(lastOf(found, "session").title).toBe("Empty Repo Setup: CLAUDE.md Foundation Created");
});

const said = (content: unknown, more: object = {}) =>
  line({ type: "user", message: { role: "user", content }, ...more });

test("pictures become files, of prompts and of results", async () => {
  const image = {
    type: "image",
    source: { type: "base64", media_type: "image/png", data: "iVBO" },
  };
  const call = { type: "tool_use", id: "t1", name: "Screenshot", input: {} };
  const result = { type: "tool_result", tool_use_id: "t1", content: [image] };
  const found = await readAll(
    linesOf([
      said([{ type: "text", text: "look" }, image]),
      line({ type: "assistant", message: { id: "m1", content: [call] } }),
      said([result]),
    ]),
  );
  const [prompt, answer] = toMessages(found);
  expect(prompt?.parts[1]).toMatchObject({ type: "file", url: "data:image/png;base64,iVBO" });
  const [attachment] = answer?.parts[0].state.attachments ?? [];
  expect(attachment).toMatchObject({ type: "file", mime: "image/png" });
  expect(attachment.id).toMatch(/^prt_[0-9a-f]{12}/);
});

test("a summary of what went before is a compaction, a record of an unknown kind is kept as it is", async () => {
  const found = await readAll(
    linesOf([
      said("go on"),
      said("This session is being continued …", { isCompactSummary: true }),
      line({ type: "telepathy", thought: { deep: [1] } }),
      line({
        type: "system",
        subtype: "informational",
        content: "Rate limit near",
        level: "warning",
      }),
      line({ type: "progress", data: { n: 1 } }),
      line({ type: "custom-title", customTitle: "Chosen by me" }),
    ]),
  );
  const parts = toMessages(found).flatMap((message) => message.parts);
  expect(parts[1]).toMatchObject({
    type: "compaction",
    summary: "This session is being continued …",
  });
  expect(parts[2]).toMatchObject({ type: "update", kind: "telepathy" });
  expect(parts[2].data.thought).toEqual({ deep: [1] });
  expect(parts[2].ignored).toBeUndefined();
  expect(parts[3].metadata.notice).toMatchObject({ severity: "warning", title: "Rate limit near" });
  expect(parts[4]).toMatchObject({ kind: "progress", ignored: true });
  expect(lastOf(found, "session").title).toBe("Chosen by me");
});

test("what sub-agents did that took turns stands apart, also behind results of their tools", async () => {
  const chain = (name: string, n: number) => ({
    isSidechain: true,
    uuid: `${name}${n}`,
    parentUuid: n === 0 ? null : `${name}${n - 1}`,
  });
  const turns = (name: string) => [
    said(`task of ${name}`, chain(name, 0)),
    line({
      type: "assistant",
      message: { id: `${name}m`, content: [{ type: "tool_use", id: `${name}t`, name: "Bash" }] },
      ...chain(name, 1),
    }),
    said([{ type: "tool_result", tool_use_id: `${name}t`, content: "done" }], chain(name, 2)),
    line({
      type: "assistant",
      message: { id: `${name}n`, content: [{ type: "text", text: `end of ${name}` }] },
      ...chain(name, 3),
    }),
  ];
  const ofA = turns("a");
  const ofB = turns("b");
  const found = await readAll(linesOf(ofA.flatMap((record, n) => [record, ofB[n] ?? record])));
  expect(
    toMessages(found).map(({ parts }) => parts.map(({ text, prompt }) => text ?? prompt)),
  ).toEqual([
    ["task of a", undefined, "end of a"],
    ["task of b", undefined, "end of b"],
  ]);
});
