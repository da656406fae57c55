import { expect, test } from "vitest";
import { line, linesOf } from "./testing/lines.ts";
import { outline, readAll, toMessages } from "./testing/read-fixture.ts";

const answer = (id: string, content: readonly object[], more: object = {}) =>
  line({ type: "assistant", message: { id, role: "assistant", content }, ...more });
const call = (id: string, input: object = {}) => ({ type: "tool_use", id, name: "Write", input });
const result = (id: string, content: string, more: object = {}) =>
  line({
    type: "user",
    message: { content: [{ type: "tool_result", tool_use_id: id, content }] },
    ...more,
  });

test("a call that makes its message larger than what is held gets its result", async () => {
  const input = { content: "x".repeat(1_100_000) };
  const records = [answer("m", [call("a", input)]), result("a", "written")];
  const found = await readAll(linesOf(records));
  expect(outline(toMessages(found))).toEqual(["assistant tool write completed"]);
  expect(toMessages(found)[0]?.parts[0].state.output).toBe("written");
});

test("each of many calls of one message gets its result, however often the message is told", async () => {
  const begin = line({ type: "user", isSidechain: true, uuid: "r", message: { content: "do" } });
  const more = { isSidechain: true, parentUuid: "r" };
  const records = Array.from({ length: 300 }, (_, n) => [
    answer(`m${n}`, [call(`c${n}`, { content: "x".repeat(10_000) })], more),
    result(`c${n}`, "done", more),
  ]);
  const found = await readAll(linesOf([begin, ...records.flat()]));
  const [, ...calls] = outline(toMessages(found));
  expect(calls).toHaveLength(300);
  expect(new Set(calls)).toEqual(new Set(["assistant tool write completed"]));
});

test("a large result of Gemini is there", async () => {
  const output = "x".repeat(1_100_000);
  const found = await readAll(
    linesOf([
      { sessionId: "g", projectHash: "h", startTime: "2026-01-01T00:00:00Z" },
      {
        id: "a",
        timestamp: "2026-01-01T00:00:01Z",
        type: "gemini",
        content: "",
        toolCalls: [
          {
            id: "c",
            name: "read_file",
            args: {},
            status: "success",
            result: [{ functionResponse: { response: { output } } }],
          },
        ],
      },
    ]),
  );
  expect(outline(toMessages(found))).toEqual(["assistant tool read completed"]);
});

test("results count as held: parts are told before a message with many of them is closed", async () => {
  const calls = Array.from({ length: 20 }, (_, n) => call(`c${n}`));
  const results = calls.map(({ id }) => result(id, "x".repeat(200_000)));
  const document = linesOf([answer("m", calls), ...results]);
  const { elements } = await readAll(document);
  const offsets = elements.filter(({ type }) => type === "part").map(({ offset }) => offset);
  expect(offsets).toHaveLength(20);
  expect(offsets[0]).toBeLessThan(document.byteLength / 2);
});

test("a record counts once, however many blocks it has", async () => {
  const text = { type: "text", text: "x".repeat(100_000) };
  const blocks = Array.from({ length: 6 }, () => text);
  const { elements } = await readAll(linesOf([answer("m", blocks), answer("m", [text])]));
  expect(elements.filter(({ type }) => type === "message")).toHaveLength(1);
});
