import { expect, test } from "vitest";
import {
  itemEvent,
  message,
  sessionState,
  textPart,
  viewOf,
  wireItem,
} from "#components/session/testing/live-events.ts";
import { buildTurns } from "./build-turns.ts";
import { turnToMarkdown, turnToQuote } from "./turn-markdown.ts";

const user = (id: string, seq: number) =>
  itemEvent(
    wireItem({
      type: "message",
      messageId: id,
      seq,
      firstSeq: seq,
      body: JSON.stringify({ role: "user", time: { created: 0 } }),
    }),
  );
const tool = JSON.stringify({ type: "tool", tool: "bash", state: { title: "Run the tests" } });

const turn = () => {
  const events = [
    user("msg_0", 1),
    itemEvent(
      wireItem({
        messageId: "msg_0",
        partId: "prt_0",
        seq: 2,
        body: '{"type":"text","text":"Do it"}',
      }),
    ),
    message("msg_1", 3),
    textPart("prt_1", 4, "First\nI look"),
    itemEvent(wireItem({ partId: "prt_2", seq: 5, firstSeq: 5, body: tool })),
    textPart("prt_3", 6, "**Done**\n\n- all"),
  ];
  return buildTurns({ messages: viewOf(...events).messages, state: sessionState() }).turns[0]!;
};

test("a turn is copied as Markdown with its prompt and a line for every tool call", () => {
  expect(turnToMarkdown(turn())).toBe(
    [
      ..."## Prompt|Do it|## Agent|First\nI look".split("|"),
      "- `bash` Run the tests",
      "**Done**\n\n- all",
    ].join("\n\n"),
  );
});

test("the answer of a turn is copied as a quotation", () => {
  expect(turnToQuote(turn())).toBe("> **Done**\n>\n> - all");
});
