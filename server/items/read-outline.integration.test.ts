import { expect, test } from "vitest";
import type { ItemInput } from "./item-input.ts";
import { readOutline } from "./read-outline.ts";
import { readUsage } from "./read-usage.ts";
import { message, part } from "./testing/item-session.ts";
import { useItemsTest } from "./testing/use-items-test.ts";

const harness = useItemsTest();

const tool = (messageId: string, partId: string): ItemInput => ({
  ...part(messageId, partId),
  body: JSON.stringify({ id: partId, type: "tool", tool: "bash", state: { status: "completed" } }),
});
const answer = (messageId: string, created: number, body: Record<string, unknown> = {}) =>
  message(messageId, { role: "assistant", time: { created, completed: created + 50 }, ...body });

const edit = (messageId: string, partId: string, state: Record<string, unknown>): ItemInput => ({
  ...part(messageId, partId),
  body: JSON.stringify({
    id: partId,
    type: "tool",
    tool: "edit",
    state: { status: "completed", input: { filePath: "a.ts" }, ...state },
  }),
});
const texts = (oldString: string, newString: string) => ({
  input: { filePath: "a.ts", oldString, newString },
});

/** In the order of names, as exports of OpenCode have it: what it is stands last. */
const write = (messageId: string, partId: string, state: object) => ({
  ...part(messageId, partId),
  body: JSON.stringify({
    sessionID: "s".repeat(600),
    state: { ...state, output: "", status: "completed" },
    tool: "write",
    type: "tool",
  }),
});

const lines = (count: number, text: string) =>
  Array.from({ length: count }, (_, index) => `${text} line ${index}`).join("\n");

test("changes that the agent has not added up are counted from its calls (#4)", async () => {
  await harness.write([
    message("c1", { time: { created: 1_000 } }),
    answer("d1", 2_000),
    edit("d1", "e1", texts("one\ntwo", "one\nthree\nfour")),
    edit("d1", "e2", { metadata: { diff: "@@ -1,1 +1,1 @@\n-a\n+b\n" } }),
    edit("d1", "e3", { status: "error", ...texts("a", "b") }),
    edit("d1", "e4", texts("", "x".repeat(9_000))),
    edit("d1", "e5", texts(lines(300, "old"), lines(400, "new"))),
    write("d1", "e6", { input: { content: lines(500, "written") } }),
    write("d1", "e7", { input: { content: lines(5, "over") }, metadata: { exists: true } }),
    message("c2", { time: { created: 3_000 } }),
    answer("d2", 4_000),
    tool("d2", "f1"),
    message("c3", { time: { created: 5_000 } }),
    answer("d3", 6_000),
    edit("d3", "g1", texts("a", "b")),
    edit("d3", "g2", texts(lines(1_000, "a".repeat(300)), "b")),
    message("c4", { time: { created: 7_000 } }),
  ]);
  const { entries } = await readOutline(harness.context.database, {
    ...harness.session,
    maxCount: 10,
  });
  expect(entries.map(({ additions, deletions }) => [additions, deletions])).toEqual([
    [904, 302],
    [0, 0],
    [null, null],
    [null, null],
  ]);
});

test("every prompt with what its turn took, in pages", async () => {
  const tokens = { input: 100, output: 10, reasoning: 1, cache: { read: 5, write: 0 } };
  await harness.write([
    message("u1", {
      time: { created: 1_000 },
      summary: {
        diffs: [
          { additions: 3, deletions: 1 },
          { additions: 4, deletions: 0 },
        ],
      },
    }),
    { ...part("u1", "a"), body: '{"type":"text","text":"reminder","synthetic":true}' },
    part("u1", "b", "Add a\n  health check"),
    answer("a1", 2_000, { tokens, cost: 0.5 }),
    tool("a1", "t1"),
    part("a1", "t2", 'a text with "type":"tool" in it'),
    answer("a2", 3_000, { tokens, cost: 0.25 }),
    tool("a2", "t3"),
    tool("a2", "t4"),
    message("u2", { time: { created: 4_000 } }),
    part("u2", "c", "x".repeat(5_000)),
    answer("a3", 5_000, { error: { name: "ProviderError" } }),
    { ...part("a3", "r"), body: '{"type":"retry","attempt":2}' },
  ]);
  const read = (after?: string) =>
    readOutline(harness.context.database, { ...harness.session, maxCount: 1, after });
  const first = await read();
  expect(first).toEqual({
    entries: [
      {
        messageId: "u1",
        turn: 1,
        title: "Add a health check",
        createdMs: 1_000,
        elapsedMs: 2_050,
        toolCount: 3,
        tokens: 232,
        costUsd: 0.75,
        additions: 7,
        deletions: 1,
        hasError: false,
      },
    ],
    after: "u1",
    promptCount: 2,
  });
  const second = await read("u1");
  expect(second).toMatchObject({ after: null, promptCount: null });
  expect(second.entries).toMatchObject([{ turn: 2, toolCount: 0, tokens: null, hasError: true }]);
  expect(second.entries[0]!.title).toMatch(/^x{160} …$/);
  await expect(read("nobody")).rejects.toMatchObject({ code: "not_found" });

  expect(
    await readUsage(harness.context.database, { ...harness.session, budgetMs: 1_000 }),
  ).toEqual({
    costUsd: 0.75,
    inputTokens: 200,
    cachedTokens: 10,
    outputTokens: 20,
    reasoningTokens: 2,
    errorCount: 1,
    retryCount: 1,
    isPartial: false,
  });
});

test("a title is of what was asked, wherever its part says what it is (#4)", async () => {
  const text = "some words of a long text ".repeat(1_000);
  const last = (partId: string, members: object) => ({
    ...part("u1", partId),
    body: JSON.stringify({ ...members, type: "text" }),
  });
  await harness.write([
    message("u1", { time: { created: 1_000 } }),
    last("p1", { text: `Of a file: ${text}`, synthetic: true }),
    last("p2", { text: `Mend it: ${text}` }),
  ]);
  const read = async () => {
    const { database } = harness.context;
    const page = await readOutline(database, { ...harness.session, maxCount: 10 });
    return page.entries[0]?.title;
  };
  expect(await read()).toMatch(/^Mend it: some words/);
  await harness.context.database.sql`update items set head = null`;
  expect(await read()).toMatch(/^Mend it: some words/);
});
