import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { ITEM_MAX_BYTES, UPLOAD_DEPTH_MAX } from "#lib/limits.ts";
import { part } from "#server/ingest/testing/use-ingest.ts";
import { exitCodes } from "./exit-codes.ts";
import { usePush } from "./testing/use-push.ts";

const push = usePush();
const { ingest, run } = push;

/** A file that is followed while it grows. */
async function follow(name: string, beginning: string | null, more: string[] = []) {
  const path = join(push.folder, name);
  if (beginning !== null) await writeFile(path, beginning);
  const over = new AbortController();
  const notes: string[] = [];
  let sessionId = "";
  const running = run([path, "--watch", ...more], {
    signal: over.signal,
    terminal: {
      print: (link) => (sessionId = link.split("/").at(-1) ?? ""),
      note: (line) => notes.push(line),
      progress() {},
    },
  });
  return {
    path,
    notes,
    sessionId: () => sessionId,
    running,
    stored: (count: number) =>
      vi.waitFor(async () => expect(await ingest.storedItems(sessionId)).toHaveLength(count), {
        timeout: 15_000,
      }),
    async end() {
      over.abort();
      return (await running).exitCode;
    },
  };
}

const line = (n: number) => `${JSON.stringify(part(n))}\n`;

/** A line that is too large to be applied before the answer, unlike those around it. */
const queuedLine = (data: object) =>
  `${JSON.stringify({ type: "part", data: { ...data, text: "y".repeat(1_100_000) } })}\n`;

test("a growing file is followed, line by line", async () => {
  const { path, stored, end } = await follow("growing.ndjson", line(1) + line(2).slice(0, 10));
  await stored(1);
  await appendFile(path, line(2).slice(10) + line(3));
  await stored(3);
  expect(await end()).toBe(exitCodes.complete);
});

test("a line that no item can be is passed over and told, also while it still grows", async () => {
  const { path, notes, stored, end } = await follow("long.ndjson", line(1) + "[");
  await stored(1);
  await appendFile(path, Buffer.alloc(ITEM_MAX_BYTES, "x"));
  await vi.waitFor(() => expect(notes).toHaveLength(1), { timeout: 15_000 });
  await appendFile(path, `${"x".repeat(1_000_000)}\n${line(2)}`);
  await stored(2);
  expect(await end()).toBe(exitCodes.partial);
  expect(notes[0]).toContain(`byte ${line(1).length}`);
}, 30_000);

test("what a worker skips later is waited for, and makes it partial", async () => {
  const { path, stored, end } = await follow("skipped.ndjson", line(1));
  await stored(1);
  await appendFile(path, queuedLine({ id: "" }));
  await appendFile(path, line(2));
  await stored(2);
  expect(await end()).toBe(exitCodes.partial);
});

test("what fails later is told in the server's words, and the next lines are sent", async () => {
  const { path, notes, stored, end } = await follow("failed.ndjson", line(1));
  await stored(1);
  const levels = UPLOAD_DEPTH_MAX + 1;
  const deep = JSON.parse("[".repeat(levels) + "]".repeat(levels)) as unknown;
  await appendFile(path, queuedLine({ id: "prt_9", messageID: "msg_9", deep }));
  await vi.waitFor(() => expect(notes[0]).toContain("deep"), { timeout: 15_000 });
  await appendFile(path, line(2));
  await stored(2);
  expect(await end()).toBe(exitCodes.failed);
}, 30_000);

const uploadsOf = async (sessionId: string) =>
  (await ingest.ask("GET", `/api/v1/sessions/${sessionId}/uploads`)).body.uploads as {
    bytes: number;
  }[];

test("a watch that was interrupted goes on where it stopped, in the same session", async () => {
  const first = await follow("resumed.ndjson", line(1) + line(2));
  await first.stored(2);
  await first.end();
  await appendFile(first.path, line(3));
  const second = await follow("resumed.ndjson", null);
  await second.stored(3);
  await second.end();
  expect(second.sessionId()).toBe(first.sessionId());
  expect(second.notes).toEqual([`Going on at byte ${line(1).length + line(2).length}`]);
  const sizes = (await uploadsOf(first.sessionId())).map(({ bytes }) => bytes);
  expect(sizes).toEqual([line(3).length, line(1).length + line(2).length]);

  const other = await follow("resumed.ndjson", null, ["--new"]);
  await other.stored(3);
  await other.end();
  expect(other.sessionId()).not.toBe(first.sessionId());
});

test("a watched file that was written anew meanwhile is another one", async () => {
  const first = await follow("anew.ndjson", line(1) + line(2));
  await first.stored(2);
  await first.end();
  const second = await follow("anew.ndjson", line(4) + line(5) + line(6));
  await second.stored(3);
  await second.end();
  expect(second.sessionId()).not.toBe(first.sessionId());
});

/** What goes with a session: the session, or all data of the server. */
const losses: [string, (sessionId: string) => Promise<unknown>][] = [
  ["was deleted", (sessionId) => ingest.ask("DELETE", `/api/v1/sessions/${sessionId}`)],
  [
    "the server has lost",
    (sessionId) => ingest.services().database.sql`delete from sessions where id = ${sessionId}`,
  ],
];

test.each(losses)("a watch into a session that %s begins anew in another", async (name, lose) => {
  const fileName = `${name}.ndjson`;
  const first = await follow(fileName, line(1) + line(2));
  await first.stored(2);
  await first.end();
  await lose(first.sessionId());
  await appendFile(first.path, line(3));
  const second = await follow(fileName, null);
  await second.stored(3);
  await second.end();
  expect(second.sessionId()).not.toBe(first.sessionId());
  expect(second.notes).toEqual([]);
});

test("a watch ends when its session is deleted meanwhile, and another begins anew", async () => {
  const first = await follow("deleted.ndjson", line(1));
  await first.stored(1);
  await ingest.ask("DELETE", `/api/v1/sessions/${first.sessionId()}`);
  await Promise.all([
    expect(first.running).rejects.toMatchObject({ exitCode: exitCodes.failed, status: 410 }),
    appendFile(first.path, line(2)),
  ]);
  const second = await follow("deleted.ndjson", null);
  await second.stored(2);
  await second.end();
  expect(second.sessionId()).not.toBe(first.sessionId());
});

test("a file that says which session it holds is watched into that one", async () => {
  const session = `${JSON.stringify({ type: "session", data: { id: "elsewhere-3" } })}\n`;
  const path = join(push.folder, "pushed.ndjson");
  await writeFile(path, session + line(1));
  const { sessionId } = await run([path]);
  const watched = await follow("watched.ndjson", session + line(1) + line(2));
  await watched.stored(3);
  await watched.end();
  expect(watched.sessionId()).toBe(sessionId);
});
