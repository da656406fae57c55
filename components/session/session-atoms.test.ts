import { createStore } from "jotai";
import { expect, test } from "vitest";
import type { SessionState, SessionStatus } from "#lib/session-state.ts";
import { canStopAtom, isStoppingAtom, sessionViewAtom } from "./session-atoms.ts";
import type { SessionView } from "./session-view.ts";

function openStore(status: SessionStatus) {
  const store = createStore();
  const state = { status, interruptRequestedAt: "2026-11-20T12:00:00.000Z" } as SessionState;
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
  const store = openStore(status);
  expect(store.get(canStopAtom)).toBe(isSo);
  expect(store.get(isStoppingAtom)).toBe(isSo);
});
