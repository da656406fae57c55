import { expect, test } from "vitest";
import { parseCutJson } from "#lib/parse-cut-json.ts";
import { PREVIEW_MAX_BYTES } from "#lib/limits.ts";
import { makePreview, readItemHead } from "./item-head.ts";

const long = "line of a text\n".repeat(1_000);

const previewOf = (body: unknown) => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const preview = makePreview(text.slice(0, PREVIEW_MAX_BYTES), readItemHead(Buffer.from(text)));
  expect(Buffer.byteLength(preview)).toBeLessThanOrEqual(PREVIEW_MAX_BYTES);
  return preview;
};

test("a part of any kind is told by its preview, wherever its members stand", () => {
  const text = parseCutJson(previewOf({ text: long, synthetic: true, type: "text" }));
  expect(text).toMatchObject({ type: "text", synthetic: true });
  expect(long.startsWith(text?.["text"] as string)).toBe(true);

  const file = { source: { text: { value: long } }, type: "file", filename: "a.md", url: long };
  expect(parseCutJson(previewOf(file))).toMatchObject({ type: "file", filename: "a.md" });
});

test("what stands inside the state of a call is told, too, and its input and output stay where they are", () => {
  const diff = { before: long, additions: 400, after: long, deletions: 300 };
  const state = {
    input: { command: "ls" },
    metadata: { filediff: diff },
    output: long,
    status: "completed",
    time: { start: 1, end: 2 },
  };
  expect(
    parseCutJson(previewOf({ sessionID: "s", state, tool: "edit", type: "tool" })),
  ).toMatchObject({
    type: "tool",
    tool: "edit",
    state: {
      status: "completed",
      time: { start: 1, end: 2 },
      input: { command: "ls" },
      metadata: { filediff: { additions: 400, deletions: 300 } },
    },
  });
});

test("a beginning that holds the head is left as it is", () => {
  const body = JSON.stringify({ type: "text", id: "prt_1", text: long });
  expect(previewOf(body)).toBe(body.slice(0, PREVIEW_MAX_BYTES));
  expect(makePreview(body.slice(0, 100), null)).toBe(body.slice(0, 100));
});

test("a text that was cut stays open, so that half a secret at its end can be told", () => {
  const body = { a: { z: long, "1": 1 }, type: "x" };
  expect(previewOf(body)).toMatch(/line of a[^"]*$/);
});

test("a head begins with the type, and is small however many members there are", () => {
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`member${n}`, n]));
  const head = readItemHead(Buffer.from(JSON.stringify({ ...many, tool: "bash", type: "tool" })));
  expect(head).toMatch(/^\{"type":"tool","tool":"bash","member0":0,/);
  expect(Buffer.byteLength(head ?? "")).toBeLessThanOrEqual(2_048);
});

test("of equal names the last one counts", () => {
  const body = `{"type":"a","text":${JSON.stringify(long)},"type":"b"}`;
  expect(parseCutJson(previewOf(body))).toMatchObject({ type: "b" });
});

test("names that objects have by themselves are names like others", () => {
  const body = `{"constructor":{"a":1},"__proto__":{"b":${JSON.stringify(long)},"c":2},"type":"x"}`;
  const data = parseCutJson(previewOf(body));
  expect(data?.["type"]).toBe("x");
  expect(Object.keys(data ?? {})).toEqual(expect.arrayContaining(["constructor", "__proto__"]));
});

test.each(["[", `["${"a".repeat(9_000)}"]`, "x".repeat(9_000), `"${"a".repeat(9_000)}`])(
  "what is no object has no head (%.10s)",
  (body) => {
    expect(readItemHead(Buffer.from(body))).toBeNull();
    expect(makePreview(body, '{"type":"x"}')).toBe(body.slice(0, PREVIEW_MAX_BYTES));
  },
);

test("a body that is cut at any byte never throws", () => {
  const body = JSON.stringify({ state: { output: 'é\\"', input: [1, {}] }, tool: "b", type: "t" });
  for (let end = 0; end <= body.length; end += 1) {
    const preview = makePreview(body.slice(0, end), '{"type":"t","state":{"status":"x"}}');
    if (end > 0) expect(parseCutJson(preview)).toMatchObject({ type: "t", state: { status: "x" } });
  }
});
