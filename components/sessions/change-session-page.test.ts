import { expect, test } from "vitest";
import type { SessionChangedEvent } from "#lib/live-protocol.ts";
import { changeSessionPage } from "./change-session-page.ts";
import type { SessionPage } from "./session-summary.ts";

const session = (sessionId: string): SessionPage["sessions"][number] => ({
  sessionId,
  title: "Old title",
  status: "working",
  shelf: "open",
  isPinned: false,
  repository: "owner/name",
  baseBranch: null,
  agentId: "built-in",
  source: "millrace",
  createdAt: "2026-11-20T12:00:00.000Z",
  updatedAt: "2026-11-20T12:00:00.000Z",
  trashedAt: null,
  lastSeq: 1,
  readSeq: 0,
  parent: null,
  childCount: 0,
  hit: null,
});

const change = (
  sessionId: string,
  changes: Partial<SessionChangedEvent> = {},
): SessionChangedEvent => ({
  type: "session-changed",
  sessionId,
  status: "idle",
  title: "New title",
  shelf: "open",
  isPinned: false,
  lastSeq: 2,
  updatedAt: "2026-11-20T12:00:01.000Z",
  ...changes,
});

const page: SessionPage = {
  sessions: [session("ses_a"), session("ses_b")],
  nextCursor: null,
  isPartial: false,
  isBehind: false,
};
const apply = (...changes: SessionChangedEvent[]) =>
  changeSessionPage(page, { changes, shelf: "open" });
const idsOf = ({ sessions }: SessionPage) => sessions.map(({ sessionId }) => sessionId);

test("a change is applied in its row, and no row moves", () => {
  const { list, isMissing } = apply(change("ses_b", { isPinned: true }));
  expect(list.sessions.map(({ sessionId, title, status }) => [sessionId, title, status])).toEqual([
    ["ses_a", "Old title", "working"],
    ["ses_b", "New title", "idle"],
  ]);
  expect(list.sessions[1]).toMatchObject({ isPinned: true, lastSeq: 2, readSeq: 0 });
  expect(isMissing).toBe(false);
});

test("an older change and a deletion of an unknown session change nothing", () => {
  const old = change("ses_a", { updatedAt: "2026-11-20T11:00:00.000Z" });
  expect(apply(old, change("ses_z", { status: "deleted" })).list).toBe(page);
});

test("a deleted session leaves, an unknown one is reported", () => {
  const { list, missing } = apply(change("ses_a", { status: "deleted" }), change("ses_new"));
  expect(idsOf(list)).toEqual(["ses_b"]);
  expect([...missing]).toEqual([1]);
});

test("a session leaves the list of its shelf when it is put elsewhere, and is missed there", () => {
  const archived = change("ses_a", { shelf: "archive", status: "archived" });
  expect(idsOf(apply(archived).list)).toEqual(["ses_b"]);
  expect(apply(change("ses_new", { shelf: "trash" })).isMissing).toBe(false);
  const changes = [archived];
  expect(idsOf(changeSessionPage(page, { changes, shelf: "all" }).list)).toEqual([
    "ses_a",
    "ses_b",
  ]);
  const trash = { ...page, sessions: [] };
  expect(changeSessionPage(trash, { changes, shelf: "archive" }).isMissing).toBe(true);
  expect(changeSessionPage(trash, { changes, shelf: "trash" }).isMissing).toBe(false);
});
