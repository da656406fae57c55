import { expect, test } from "vitest";
import { createMessageId, createSessionId } from "#lib/ids.ts";
import type { Filing } from "#lib/shelf.ts";
import { titlesOf, turnItems, useLists } from "#server/search/testing/use-lists.ts";
import { emptyTrash } from "./empty-trash.ts";
import { fileSessions } from "./file-sessions.ts";
import { initiateSession, retryPreparation } from "./manage-session.ts";
import { retryPrompt, sendPrompt } from "./prompt-queue.ts";
import { readSessionState } from "./read-session-state.ts";

const lists = useLists();

const file = (filing: Filing, ...sessionIds: string[]) =>
  fileSessions(lists.services, lists.viewer, { filing, sessionIds });
const outcomes = async (filing: Filing, ...sessionIds: string[]) =>
  (await file(filing, ...sessionIds)).map(({ outcome }) => outcome);
const access = (sessionId: string) => ({ sessionId, generation: 1, teamId: lists.viewer.teamId });

test("each of many is answered for, in the order of asking, and what cannot be done stops nothing", async () => {
  const [done, busy, already] = [
    await lists.make("done"),
    await lists.make("busy", { status: "working" }),
    await lists.make("already", { trashed_at: "2026-01-01" }),
  ];
  const own = lists.viewer;
  lists.viewer = { ...own, teamId: "team_local" };
  const foreign = await lists.make("foreign");
  lists.viewer = own;
  const unknown = createSessionId();
  const answers = await file("trash", unknown, busy, done, already, foreign, "nonsense", done);
  const none = { outcome: "refused", reason: "There is no such session" };
  expect(answers).toEqual([
    { sessionId: unknown, ...none },
    { sessionId: busy, outcome: "refused", reason: "The agent is at work: stop it first" },
    { sessionId: done, outcome: "done", reason: null },
    { sessionId: already, outcome: "unchanged", reason: null },
    { sessionId: foreign, ...none },
    { sessionId: "nonsense", ...none },
  ]);
  expect(titlesOf(await lists.list({ shelf: "trash" })).toSorted()).toEqual(["already", "done"]);
});

test.each([
  ["pin", "unpin"],
  ["archive", "unarchive"],
  ["trash", "restore"],
] as const)("%s is undone by %s, and repeats change nothing", async (filing, undo) => {
  const sessionId = await lists.make("t", { updated_at: "2026-01-01" });
  const [before] = (await lists.list({ shelf: "all" })).sessions;
  expect(await outcomes(filing, sessionId)).toEqual(["done"]);
  expect(await outcomes(filing, sessionId)).toEqual(["unchanged"]);
  expect(await outcomes(undo, sessionId)).toEqual(["done"]);
  expect(await outcomes(undo, sessionId)).toEqual(["unchanged"]);
  // The order of the list is as it was, too.
  expect((await lists.list({ shelf: "all" })).sessions).toEqual([before]);
});

test("what comes back from the trash lies where it lay before", async () => {
  const sessionId = await lists.make("t");
  await file("archive", sessionId);
  await file("trash", sessionId);
  expect(titlesOf(await lists.list({ shelf: "archive" }))).toEqual([]);
  await file("restore", sessionId);
  expect(titlesOf(await lists.list({ shelf: "archive" }))).toEqual(["t"]);
});

test("deleting answers for each, and again for none", async () => {
  const [a, b] = [await lists.make("a"), await lists.make("b")];
  await lists.write(b, turnItems({ prompt: "p" }));
  expect(await outcomes("delete", a, b, createSessionId())).toEqual(["done", "done", "refused"]);
  expect(await outcomes("delete", a, b)).toEqual(["refused", "refused"]);
  expect(titlesOf(await lists.list({ shelf: "all" }))).toEqual([]);
});

test("a reader of the team changes nothing", async () => {
  const sessionId = await lists.make("t");
  const reader = { ...lists.viewer, role: "reader" as const };
  const asking = fileSessions(lists.services, reader, { filing: "pin", sessionIds: [sessionId] });
  await expect(asking).rejects.toMatchObject({ code: "forbidden" });
});

test("two such requests over the same sessions wait for each other", async () => {
  const ids = [await lists.make("a"), await lists.make("b"), await lists.make("c")];
  const answers = await Promise.all([
    outcomes("archive", ...ids),
    outcomes("archive", ...ids.toReversed()),
    outcomes("pin", ...ids),
  ]);
  const archived = answers.slice(0, 2).flat().toSorted();
  expect(archived).toEqual([...Array(3).fill("done"), ...Array(3).fill("unchanged")]);
});

test.each(["archive", "trash"] as const)("nothing begins to work after %s", async (filing) => {
  const sessionId = await lists.make("t", { ready_at: "2026-01-01" });
  const messageId = createMessageId();
  await lists.services.database.sql`
    insert into prompts (
      session_id, generation, message_id, owner_id, text, request_hash, status, outcome
    ) values (
      ${sessionId}, 1, ${messageId}, ${lists.viewer.userId}, 'Fail', 'hash', 'settled', 'failed'
    )`;
  await file(filing, sessionId);
  const state = await readSessionState(lists.services.database, sessionId);
  const status = filing === "trash" ? "trashed" : "archived";
  expect(state).toMatchObject({ status, shelf: filing });
  const shown = await lists.list({ shelf: filing });
  expect(shown.sessions).toMatchObject([{ sessionId, status }]);
  const put = { code: "conflict", message: expect.stringContaining("put away") };
  const { services, viewer } = lists;
  const held = access(sessionId);
  const prompt = { messageId: createMessageId(), text: "Go on" };
  await expect(sendPrompt(services, { viewer, access: held, prompt })).rejects.toMatchObject(put);
  await expect(retryPrompt(services, { access: held, messageId })).rejects.toMatchObject(put);
  await expect(retryPreparation(services, held)).rejects.toMatchObject(put);
  await expect(initiateSession(services, held)).rejects.toMatchObject(put);
});

test("a session with a prompt that waits is at work", async () => {
  const sessionId = await lists.make("t", { ready_at: "2026-01-01", repository: "/mill" });
  const { services, viewer } = lists;
  const prompt = { messageId: createMessageId(), text: "Go on" };
  await sendPrompt(services, { viewer, access: access(sessionId), prompt });
  expect(await outcomes("archive", sessionId)).toEqual(["refused"]);
});

test("the trash loses what was thrown away 30 days ago and has not changed since", async () => {
  const old = "2026-01-01";
  await lists.make("old", { trashed_at: old, updated_at: old });
  await lists.make("changed", { trashed_at: old });
  await lists.make("recent", { trashed_at: new Date().toISOString(), updated_at: old });
  await lists.make("archived", { archived_at: old, updated_at: old });
  expect(await emptyTrash(lists.services)).toBe(1);
  expect(await emptyTrash(lists.services)).toBe(0);
  expect(titlesOf(await lists.list({ shelf: "trash" })).toSorted()).toEqual(["changed", "recent"]);
  expect(titlesOf(await lists.list({ shelf: "archive" }))).toEqual(["archived"]);
});
