import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { expect, test, vi } from "vitest";
import { EXPORT_LINE_TYPE } from "#lib/export.ts";
import { createDeferred } from "#lib/create-deferred.ts";
import { largeDocument, message, part } from "#server/ingest/testing/use-ingest.ts";
import { exitCodes } from "./exit-codes.ts";
import { usePush } from "./testing/use-push.ts";

const push = usePush();
const { ingest, run } = push;

test("a file becomes a session with a link, and is waited for", async () => {
  const { text, items } = largeDocument();
  const path = join(push.folder, "large.json");
  await writeFile(path, text);
  const { exitCode, sessionId, notes } = await run([path]);
  expect(exitCode).toBe(exitCodes.complete);
  expect(notes.at(-1)).toBe(`${items.length} items stored`);
  expect(await ingest.storedItems(sessionId)).toHaveLength(items.length);
});

test("a file that is packed with gzip is sent as that, whatever its name", async () => {
  const path = join(push.folder, "packed.json");
  await writeFile(path, gzipSync(JSON.stringify([message(0)])));
  const { exitCode, sessionId, notes, progress } = await run([path]);
  expect(exitCode).toBe(exitCodes.complete);
  expect(notes.at(-1)).toBe("1 item stored");
  expect(progress.filter((words) => words.includes("%"))).toEqual([]);
  expect(await ingest.storedItems(sessionId)).toHaveLength(1);
});

test("an export of ours is called what it was, not like its file (#4)", async () => {
  const path = join(push.folder, "export.ndjson");
  const head = { type: EXPORT_LINE_TYPE, data: { version: 1, title: "Pears" } };
  // Its end is missing, which is another matter: the session is there.
  await writeFile(path, `${JSON.stringify(head)}\n${JSON.stringify(message(0))}\n`);
  await run([path]).catch(() => {});
  const titles = await ingest.services().database
    .sql`select title from sessions where title = 'Pears'`;
  expect(titles).toHaveLength(1);
});

const snapshot = (id: string, ...numbers: number[]) =>
  JSON.stringify({
    info: { id, title: "Pears" },
    messages: numbers.map((n) => ({ info: message(n).data, parts: [part(10 * n).data] })),
  });

test("a file that is pushed again is the same session, with nothing doubled", async () => {
  const path = join(push.folder, "again.json");
  await writeFile(path, snapshot("elsewhere-1", 0));
  const first = await run([path]);
  await writeFile(path, snapshot("elsewhere-1", 0, 1));
  const again = await run([path]);
  expect(again.sessionId).toBe(first.sessionId);
  expect(again.notes[0]).toMatch(/here already/);
  expect(again.notes.at(-1)).toBe("2 items stored, 3 were there already");
  expect(await ingest.storedItems(first.sessionId)).toHaveLength(5);
  const packed = join(push.folder, "again.json.gz");
  await writeFile(packed, gzipSync(snapshot("elsewhere-1", 0)));
  expect((await run([packed])).sessionId).toBe(first.sessionId);
  const input = Readable.from([Buffer.from(snapshot("elsewhere-1", 0))]);
  expect((await run(["-"], { stdin: input })).sessionId).toBe(first.sessionId);
});

test("a file that names no session is told how to be added to this one again", async () => {
  const path = join(push.folder, "nameless.json");
  await writeFile(path, JSON.stringify([message(0)]));
  const { sessionId, notes } = await run([path]);
  const advice = notes.find((note) => note.includes("another push makes another one"));
  expect(advice).toContain(`--session ${sessionId}`);
  const again = await run([path, "--session", sessionId]);
  expect(again).toMatchObject({ sessionId, notes: ["0 items stored, 1 were there already"] });
});

test("a port that no program may ask is wrong at once", async () => {
  const path = join(push.folder, "nameless.json");
  const address = { url: "http://127.0.0.1:1", token: push.token };
  await expect(run([path, "--new"], { address })).rejects.toMatchObject({
    exitCode: exitCodes.usage,
    message: expect.stringContaining("http://127.0.0.1:1"),
  });
});

test("--new makes another session of it", async () => {
  const path = join(push.folder, "other.json");
  await writeFile(path, snapshot("elsewhere-2", 0));
  const { sessionId } = await run([path]);
  const other = await run([path, "--new"]);
  expect(other.sessionId).not.toBe(sessionId);
  expect(await ingest.storedItems(other.sessionId)).toHaveLength(3);
});

test("an id of our own pattern is kept", async () => {
  const id = ingest.newSessionId();
  const path = join(push.folder, "own.json");
  await writeFile(path, snapshot(id, 0));
  expect((await run([path])).sessionId).toBe(id);
});

test("standard input that is packed is sent as that, and said to be", async () => {
  const bytes = gzipSync(JSON.stringify([message(0)]));
  const pieces = [bytes.subarray(0, 1), bytes.subarray(1)];
  const { exitCode, sessionId, notes } = await run(["-"], { stdin: Readable.from(pieces) });
  expect(exitCode).toBe(exitCodes.complete);
  expect(notes[0]).toBe("Standard input is packed with gzip");
  expect(await ingest.storedItems(sessionId)).toHaveLength(1);
});

test("the link of what comes slowly is there at its first bytes", async () => {
  const rest = createDeferred<void>();
  const slow = async function* () {
    yield Buffer.from("[");
    yield Buffer.from(JSON.stringify(message(0)));
    await rest.promise;
    yield Buffer.from("]");
  };
  let link = "";
  const running = run(["-"], {
    stdin: Readable.from(slow()),
    terminal: { print: (line) => (link = line), note() {}, progress() {} },
  });
  await vi.waitFor(() => expect(link).toContain("/sessions/ses_"));
  rest.resolve();
  expect((await running).exitCode).toBe(exitCodes.complete);
});

test("standard input is sent as it comes", async () => {
  const text = JSON.stringify([message(0), part(1)]);
  const { exitCode, sessionId } = await run(["-"], { stdin: Readable.from([Buffer.from(text)]) });
  expect(exitCode).toBe(exitCodes.complete);
  expect(await ingest.storedItems(sessionId)).toHaveLength(2);
});

test("skipped items make it partial", async () => {
  const path = join(push.folder, "holes.json");
  await writeFile(path, JSON.stringify([message(0), {}]));
  expect((await run([path])).exitCode).toBe(exitCodes.partial);
});

test("a broken file fails with the server's words", async () => {
  const path = join(push.folder, "broken.json");
  await writeFile(path, "[1");
  await expect(run([path])).rejects.toMatchObject({ exitCode: exitCodes.failed });
});

test("a server that is not there is told apart from a refusal", async () => {
  const path = join(push.folder, "refused.json");
  await writeFile(path, "[]");
  const address = { url: ingest.web().url, token: `${push.token}x` };
  await expect(run([path], { address })).rejects.toMatchObject({ exitCode: exitCodes.failed });
});
