import type { AnyMessage } from "@agentclientprotocol/sdk";
import { expect, test } from "vitest";
import { createSecretFilter } from "./secret-filter.ts";

const SECRETS = ["hunter2-hunter2", "first line\n-----\r\nsecond line\n"];

const update = (body: object) =>
  ({
    jsonrpc: "2.0",
    method: "session/update",
    params: { sessionId: "s", update: body },
  }) as AnyMessage;
const chunk = (text: string, sessionUpdate = "agent_message_chunk") =>
  update({ sessionUpdate, content: { type: "text", text } });

const textOf = (message: AnyMessage) =>
  (message as unknown as { params: { update: { content?: { text: string } } } }).params.update
    .content?.text ?? "";

function pass(messages: AnyMessage[], secrets = SECRETS): AnyMessage[] {
  const { filter, end } = createSecretFilter(secrets);
  return [...messages.flatMap(filter), ...end()];
}

test.each([1, 2, 3, 7, 64])(
  "a secret in pieces of %i characters is not shown, the text around it is",
  (size) => {
    const text = "the hunter is hunter2-hunter2, first line\n-----\r\nsecond line\nhunter2-";
    const pieces = text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
    const shown = pass(pieces.map((piece) => chunk(piece)));
    expect(shown.map(textOf).join("")).toBe(
      "the hunter is [redacted], [redacted]\n-----\r\n[redacted]\nhunter2-",
    );
  },
);

test("what is held back comes before whatever follows", () => {
  const call = update({ sessionUpdate: "tool_call", toolCallId: "c", title: "a" });
  const answer = { jsonrpc: "2.0", id: 1, result: { stopReason: "end_turn" } } as AnyMessage;
  expect(
    pass([chunk("so hunt"), call, chunk("hun"), chunk("ter", "agent_thought_chunk"), answer]),
  ).toEqual([
    chunk("so "),
    chunk("hunt"),
    call,
    chunk("hun"),
    chunk("ter", "agent_thought_chunk"),
    answer,
  ]);
});

test("tool calls are searched at every depth, what their tools gave also in names of members", () => {
  const call = (secret: string) =>
    update({
      sessionUpdate: "tool_call_update",
      toolCallId: "c",
      rawOutput: { lines: [`TOKEN=${secret}`], [secret]: 1 },
      content: [{ type: "content", content: { type: "text", text: `${secret}${secret}` } }],
    });
  expect(pass([call("hunter2-hunter2")])).toEqual([call("[redacted]")]);
});

test("what carries a message is left alone, whatever is secret", () => {
  const words = ["session", "update", "jsonrpc", "method", "message", "default", "completed"];
  const params = {
    sessionId: "session-1",
    update: { sessionUpdate: "tool_call_update", toolCallId: "message-1", status: "completed" },
  };
  const opened = {
    sessionId: "session-1",
    modes: { currentModeId: "default", availableModes: [{ id: "default", name: "Some" }] },
    configOptions: [
      { id: "mode", type: "select", currentValue: "default", options: [{ value: "default" }] },
    ],
  };
  const messages = [
    { jsonrpc: "2.0", method: "session/update", params },
    { jsonrpc: "2.0", id: "session-1", result: opened },
    { jsonrpc: "2.0", id: 2, result: { stopReason: "completed" } },
  ] as AnyMessage[];
  expect(pass(messages, words)).toEqual(messages);
});

test("what a tool takes and gives has no words of its own: everything in it is searched", () => {
  const call = (status: string) =>
    update({
      sessionUpdate: "tool_call_update",
      toolCallId: "c",
      status: "completed",
      rawInput: { status, env: [{ value: status, [status]: 1 }] },
      rawOutput: { id: status },
    });
  expect(pass([call("completed")], ["completed"])).toEqual([call("[redacted]")]);
});

test("without secrets everything passes as it is", () => {
  const message = chunk("hunter2-hunter2");
  expect(pass([message], [])[0]).toBe(message);
});

const output = (data: string, { toolCallId = "c", ...more }: Record<string, unknown> = {}) =>
  update({
    sessionUpdate: "tool_call_update",
    toolCallId,
    ...more,
    _meta: { terminal_output_delta: { terminal_id: toolCallId, data } },
  });

test.each([
  ["what another terminal says", output("npm ci", { toolCallId: "d" })],
  ["a count of tokens", update({ sessionUpdate: "usage_update", used: 1, size: 2 })],
  [
    "another word about the same call",
    update({ sessionUpdate: "tool_call_update", toolCallId: "c" }),
  ],
])("a secret in pieces is not shown with %s between them (#7)", (_, other) => {
  expect(pass([output("hunter2-"), other, output("hunter2!")])).toEqual([
    output(""),
    other,
    output("[redacted]!"),
  ]);
  expect(pass([chunk("hunter2-"), other, chunk("hunter2!")])).toEqual([
    other,
    chunk("[redacted]!"),
  ]);
});

test("two terminals that say the same secret at once each hide it (#7)", () => {
  const other = { toolCallId: "d" };
  expect(
    pass([
      output("hunter2-"),
      output("hunt", other),
      output("hunter2"),
      output("er2-hunter2", other),
    ]),
  ).toEqual([output(""), output("", other), output("[redacted]"), output("[redacted]", other)]);
});

test("a terminal's output in pieces hides a secret as well, and loses nothing beside it (#7)", () => {
  const ended = update({ sessionUpdate: "tool_call_update", toolCallId: "c", status: "completed" });
  const begun = { status: "in_progress", title: "hunter2-hunter2" };
  expect(pass([output("token: hun", begun), output("ter2-hunter2 and hunt"), ended])).toEqual([
    output("token: ", { ...begun, title: "[redacted]" }),
    output("[redacted] and "),
    output("hunt"),
    ended,
  ]);
});
