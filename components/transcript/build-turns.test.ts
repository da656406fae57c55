import { describe, expect, it } from "vitest";
import type { PromptState, SessionState } from "#lib/session-state.ts";
import {
  delta,
  itemEvent,
  message,
  sessionState,
  viewOf,
  wireItem,
} from "#components/session/testing/live-events.ts";
import { buildTurns, isSameTurn } from "./build-turns.ts";

const prompt = (messageId: string, change: Partial<PromptState> = {}): PromptState => ({
  messageId,
  text: "Look around",
  attachments: [],
  status: "started",
  waitsFor: null,
  outcome: null,
  message: null,
  createdAt: "2026-11-20T12:00:00.000Z",
  deliveredAt: null,
  startedAt: null,
  settledAt: null,
  ...change,
});

function userMessage(messageId: string, seq: number) {
  const body = JSON.stringify({ id: messageId, role: "user", time: { created: seq } });
  return itemEvent(wireItem({ type: "message", messageId, firstSeq: seq, seq, body }));
}

function turnsOf(state: Partial<SessionState>, ...events: Parameters<typeof viewOf>) {
  const { turns } = buildTurns({
    messages: viewOf(...events).messages,
    state: sessionState(state),
  });
  return turns.map(({ id, prompt: own, answers }) => [
    own ? id : null,
    answers.map(({ messageId }) => messageId),
  ]);
}

describe("buildTurns", () => {
  it.each(["accepted", "delivered", "started"] as const)(
    "gives words that come before the message of their prompt to the prompt that is %s",
    (status) => {
      const prompts = [prompt("msg_0", { status })];
      const state = { prompts, status: "preparing" } as const;
      expect(turnsOf(state)).toEqual([["msg_0", []]]);
      expect(turnsOf(state, delta(0, "Looking"))).toEqual([["msg_0", ["msg_1"]]]);
    },
  );

  it.each(["accepted", "delivered", "started"] as const)(
    "lets a follow-up wait behind a first prompt that is %s, before the session is ready",
    (status) => {
      const waiting = prompt("msg_2", { status: "accepted" });
      const prompts = [prompt("msg_0", { status }), waiting];
      const state = sessionState({ prompts, status: "preparing" });
      const transcript = buildTurns({ messages: [], state });
      expect(transcript.turns.map(({ id }) => id)).toEqual(["msg_0"]);
      expect(transcript.waiting).toEqual([waiting]);
    },
  );

  it("draws the same turns before and after the message of the prompt has come", () => {
    const prompts = [prompt("msg_0")];
    const before = turnsOf({ prompts }, delta(0, "Looking"));
    expect(turnsOf({ prompts }, delta(0, "Looking"), userMessage("msg_0", 1))).toEqual(before);
    expect(turnsOf({ prompts }, userMessage("msg_0", 1), delta(0, "Looking"))).toEqual(before);
  });

  it("keeps the words of a follow-up out of the turn before it", () => {
    const earlier = [userMessage("msg_a", 1), message("msg_b", 2)];
    const prompts = [prompt("msg_c")];
    expect(turnsOf({ prompts }, ...earlier, delta(0, "Again"))).toEqual([
      ["msg_a", ["msg_b"]],
      ["msg_c", ["msg_1"]],
    ]);
  });

  it("takes an answer to the prompt that it names", () => {
    const body = JSON.stringify({ role: "assistant", parentID: "msg_c", time: { created: 3 } });
    const answer = wireItem({ type: "message", messageId: "msg_d", seq: 3, firstSeq: 3, body });
    const events = [userMessage("msg_a", 1), itemEvent(answer)];
    expect(turnsOf({ prompts: [prompt("msg_c")] }, ...events)).toEqual([
      ["msg_a", []],
      ["msg_c", ["msg_d"]],
    ]);
  });

  it("leaves the words of a running turn to it while another prompt waits", () => {
    const prompts = [prompt("msg_a"), prompt("msg_c", { status: "accepted" })];
    expect(turnsOf({ prompts }, userMessage("msg_a", 1), delta(0, "Looking"))).toEqual([
      ["msg_a", ["msg_1"]],
    ]);
  });

  it("puts a prompt that ended before it was a message between the turns around its end", () => {
    const endedAt = (ms: number) => ({
      status: "settled" as const,
      outcome: "failed" as const,
      settledAt: new Date(ms).toISOString(),
    });
    const prompts = [
      prompt("msg_0", endedAt(1)),
      prompt("msg_b", endedAt(5)),
      prompt("msg_c", endedAt(6)),
      prompt("msg_e", endedAt(11)),
      prompt("msg_f"),
    ];
    const events = [userMessage("msg_a", 4), message("msg_z", 4), userMessage("msg_d", 10)];
    expect(turnsOf({ prompts }, ...events)).toEqual([
      ["msg_0", []],
      ["msg_a", ["msg_z"]],
      ["msg_b", []],
      ["msg_c", []],
      ["msg_d", []],
      ["msg_e", []],
      ["msg_f", []],
    ]);
  });

  it("begins without a prompt where the transcript begins in the middle of a turn", () => {
    expect(turnsOf({}, message("msg_b", 2), userMessage("msg_c", 3))).toEqual([
      [null, ["msg_b"]],
      ["msg_c", []],
    ]);
  });
});

describe("isSameTurn", () => {
  const file = { attachmentId: "att_1", name: "plan.pdf", mime: "application/pdf", bytes: 812 };
  const turnOf = (change: Partial<PromptState>) => {
    const waiting = prompt("msg_1", { status: "accepted", waitsFor: "initiate", ...change });
    const state = sessionState({ status: "prepared", prompts: [waiting] });
    return buildTurns({ messages: [], state }).turns[0]!;
  };

  it("is true of a prompt that came again as it was", () => {
    const again = { attachments: [{ ...file }] };
    expect(isSameTurn(turnOf({ attachments: [file] }), turnOf(again))).toBe(true);
  });

  it.each<[string, Partial<PromptState>]>([
    ["words", { text: "Look elsewhere" }],
    ["files", { attachments: [file] }],
    ["state", { waitsFor: "turn" }],
  ])("is false of a prompt that waits with other %s (#7)", (_what, change) => {
    expect(isSameTurn(turnOf({}), turnOf(change))).toBe(false);
  });
});
