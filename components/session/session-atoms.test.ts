import { createStore } from "jotai";
import { expect, test } from "vitest";
import type { PromptState, PromptStatus, SessionState, SessionStatus } from "#lib/session-state.ts";
import { canStopAtom, isStoppingAtom, sessionViewAtom } from "./session-atoms.ts";
import type { SessionView } from "./session-view.ts";

function openStore(status: SessionStatus, ...promptStatuses: PromptStatus[]) {
  const store = createStore();
  const prompts = promptStatuses.map((promptStatus) => ({ status: promptStatus }) as PromptState);
  const interruptRequestedAt = "2026-11-20T12:00:00.000Z";
  const state = { status, prompts, interruptRequestedAt } as SessionState;
  store.set(sessionViewAtom, { state } as SessionView);
  return store;
}

test.each<[SessionStatus, boolean]>([
  ["preparing", true],
  ["working", true],
  ["needs_you", true],
  ["prepared", false],
  ["idle", false],
  ["failed", false],
])("what is %s can be stopped, and is seen to be: %s", (status, isSo) => {
  const store = openStore(status, "accepted");
  expect(store.get(canStopAtom)).toBe(isSo);
  expect(store.get(isStoppingAtom)).toBe(isSo);
});

test.each<[string, boolean, PromptStatus[]]>([
  ["none", false, []],
  ["one that has ended", false, ["settled"]],
  ["one that the agent has, after one that has ended", true, ["settled", "delivered"]],
  ["one that runs", true, ["started"]],
])("where the prompts are %s, Stop is offered: %s (#7)", (_which, isSo, promptStatuses) => {
  expect(openStore("preparing", ...promptStatuses).get(canStopAtom)).toBe(isSo);
});
