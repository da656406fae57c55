import { expect, test } from "vitest";
import type { PromptState, SessionState, SessionStatus } from "#lib/session-state.ts";
import { composerState } from "./composer-state.ts";

const readyAt = "2026-11-20T12:00:00.000Z";
const compose = (change: Partial<SessionState>) =>
  composerState({
    readyAt,
    hasWorkspace: true,
    prompts: [],
    ...change,
  } as SessionState);

test.each<SessionStatus>(["failed", "archived", "trashed"])(
  "before the agent has begun, %s locks it and says until when",
  (status) => {
    const { isLocked, note } = compose({ status, readyAt: null });
    expect(isLocked).toBe(true);
    expect(note).toMatch(/Unlocks when|only be read/);
  },
);

test.each<[SessionStatus, RegExp]>([
  ["preparing", /for after the first prompt/],
  ["prepared", /behind the first prompt, which waits for you/],
])("before the agent has begun, %s leaves it open and says that it waits", (status, words) => {
  const { isLocked, note } = compose({ status, readyAt: null });
  expect(isLocked).toBe(false);
  expect(note).toMatch(words);
});

test("a session without a workspace says that there is nothing to go on in", () => {
  const { isLocked, note } = compose({ status: "idle", readyAt: null, hasWorkspace: false });
  expect(isLocked).toBe(true);
  expect(note).toMatch(/no workspace/);
});

test.each<[SessionStatus, RegExp]>([
  ["idle", /sends it/],
  ["working", /after this turn/],
  ["needs_you", /after this turn/],
  ["preparing", /ready again/],
  ["failed", /bring the agent back/],
])("once the agent has begun, %s leaves it open and says what Enter does", (status, words) => {
  const { isLocked, note } = compose({ status });
  expect(isLocked).toBe(false);
  expect(note).toMatch(words);
});

test("ten waiting prompts are enough", () => {
  const prompts = Array.from({ length: 10 }, (): Partial<PromptState> => ({
    status: "accepted",
  })) as PromptState[];
  expect(compose({ status: "working", prompts }).isLocked).toBe(true);
  expect(compose({ status: "working", prompts: prompts.slice(1) }).isLocked).toBe(false);
});
