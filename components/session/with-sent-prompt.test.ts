import { expect, test } from "vitest";
import { buildTurns } from "#components/transcript/build-turns.ts";
import { createSessionView } from "./loaded-window.ts";
import { message, sessionState, transcriptPage, viewOf } from "./testing/live-events.ts";
import { applyLiveEvents } from "./apply-live-events.ts";
import { withSentPrompt } from "./with-sent-prompt.ts";

const sent = {
  messageId: "msg_9",
  text: "Go on",
  attachments: [],
  createdAt: "2026-11-20T12:30:00.000Z",
};
const idle = () => createSessionView(sessionState({ status: "idle" }), transcriptPage());

test("a prompt that was sent waits beside the composer, and stands where nothing runs", () => {
  expect(buildTurns(withSentPrompt(viewOf(), sent)).waiting).toMatchObject([{ text: "Go on" }]);
  const { turns, waiting } = buildTurns(withSentPrompt(idle(), sent));
  expect(turns.map(({ id }) => id)).toEqual(["msg_9"]);
  expect(waiting).toEqual([]);
});

test("a prompt that is known already is left as it is", () => {
  const waiting = withSentPrompt(viewOf(), sent);
  expect(withSentPrompt(waiting, sent)).toBe(waiting);
  const taken = viewOf(message("msg_9", 1));
  expect(withSentPrompt(taken, sent)).toBe(taken);
});

test("what the server says next counts", () => {
  const state = sessionState({ status: "idle", revision: 2 });
  const view = applyLiveEvents(withSentPrompt(idle(), sent), [
    { type: "state", state, lastSeq: 0 },
  ]);
  expect(view.state.prompts).toEqual([]);
});
