import { expect, test } from "vitest";
import type { SessionChangedEvent } from "#lib/live-protocol.ts";
import { changeSessionPage } from "./change-session-page.ts";
import type { SessionPage } from "./session-summary.ts";

const session = (sessionId: string): SessionPage["sessions"][number] => ({
  sessionId,
  title: "Old title",
  status: "working",
  repository: "owner/name",
  baseBranch: null,
  agentId: "built-in",
  createdAt: "2026-11-20T12:00:00.000Z",
  updatedAt: "2026-11-20T12:00:00.000Z",
});

const change = (
  sessionId: string,
  changes: Partial<SessionChangedEvent> = {},
): SessionChangedEvent => ({
  type: "session-changed",
  sessionId,
  status: "idle",
  title: "New title",
  updatedAt: "2026-11-20T12:00:01.000Z",
  ...changes,
});

const page: SessionPage = { sessions: [session("ses_a"), session("ses_b")], nextCursor: null };

test("a change is applied in its row, and no row moves", () => {
  const { list, isMissing } = changeSessionPage(page, [change("ses_b")]);
  expect(list.sessions.map(({ sessionId, title, status }) => [sessionId, title, status])).toEqual([
    ["ses_a", "Old title", "working"],
    ["ses_b", "New title", "idle"],
  ]);
  expect(isMissing).toBe(false);
});

test("an older change and a deletion of an unknown session change nothing", () => {
  const old = change("ses_a", { updatedAt: "2026-11-20T11:00:00.000Z" });
  expect(changeSessionPage(page, [old, change("ses_z", { status: "deleted" })]).list).toBe(page);
});

test("a deleted session leaves, an unknown one is reported", () => {
  const { list, missing } = changeSessionPage(page, [
    change("ses_a", { status: "deleted" }),
    change("ses_new"),
  ]);
  expect(list.sessions.map(({ sessionId }) => sessionId)).toEqual(["ses_b"]);
  expect([...missing]).toEqual([1]);
});
