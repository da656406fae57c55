import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { ITEM_MAX_BYTES, UPLOAD_DEPTH_MAX } from "#lib/limits.ts";
import { createLocalToken } from "#server/accounts/create-local-token.ts";
import { largeDocument, message, part, useIngest } from "#server/ingest/testing/use-ingest.ts";
import { exitCodes } from "./exit-codes.ts";
import { type PushContext, runPush } from "./push-command.ts";
import { readArguments, type PushCommand } from "./read-arguments.ts";

const ingest = useIngest();
let folder: string;
let token: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-cli-"));
  const { database } = ingest.services();
  const asked = { name: "Test", scopes: ["ingest" as const], expiresInDays: 1 };
  token = (await createLocalToken(database, asked)).secret;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ran {
  exitCode: number;
  sessionId: string;
  notes: string[];
  progress: string[];
}

async function run(args: string[], change: Partial<PushContext> = {}): Promise<Ran> {
  const printed: string[] = [];
  const notes: string[] = [];
  const progress: string[] = [];
  const exitCode = await runPush(readArguments(["push", ...args]) as PushCommand, {
    address: { url: ingest.web().url, token },
    terminal: {
      print: (line) => printed.push(line),
      note: (line) => notes.push(line),
      progress: (line) => progress.push(line),
    },
    stdin: Readable.from([]),
    stateHome: folder,
    signal: new AbortController().signal,
    ...change,
  });
  return { exitCode, sessionId: printed[0]?.split("/").at(-1) ?? "", notes, progress };
}

test("a file becomes a session with a link, and is waited for", async () => {
  const { text, items } = largeDocument();
  const path = join(folder, "large.json");
  await writeFile(path, text);
  const { exitCode, sessionId, notes } = await run([path]);
  expect(exitCode).toBe(exitCodes.complete);
  expect(notes.at(-1)).toBe(`${items.length} items stored`);
  expect(await ingest.storedItems(sessionId)).toHaveLength(items.length);
});

test("a file that is packed with gzip is sent as that, whatever its name", async () => {
  const path = join(folder, "packed.json");
  await writeFile(path, gzipSync(JSON.stringify([message(0)])));
  const { exitCode, sessionId, notes, progress } = await run([path]);
  expect(exitCode).toBe(exitCodes.complete);
  expect(notes.at(-1)).toBe("1 item stored");
  expect(progress.filter((words) => words.includes("%"))).toEqual([]);
  expect(await ingest.storedItems(sessionId)).toHaveLength(1);
});

const snapshot = (id: string, ...numbers: number[]) =>
  JSON.stringify({
    info: { id, title: "Pears" },
    messages: numbers.map((n) => ({ info: message(n).data, parts: [part(10 * n).data] })),
  });

test("a file that is pushed again is the same session, with nothing doubled", async () => {
  const path = join(folder, "again.json");
  await writeFile(path, snapshot("elsewhere-1", 0));
  const first = await run([path]);
  await writeFile(path, snapshot("elsewhere-1", 0, 1));
  const again = await run([path]);
  expect(again.sessionId).toBe(first.sessionId);
  expect(again.notes[0]).toMatch(/here already/);
  expect(again.notes.at(-1)).toBe("2 items stored, 3 were there already");
  expect(await ingest.storedItems(first.sessionId)).toHaveLength(5);
  const packed = join(folder, "again.json.gz");
  await writeFile(packed, gzipSync(snapshot("elsewhere-1", 0)));
  expect((await run([packed])).sessionId).toBe(first.sessionId);
  const input = Readable.from([Buffer.from(snapshot("elsewhere-1", 0))]);
  expect((await run(["-"], { stdin: input })).sessionId).toBe(first.sessionId);
});

test("a file that names no session is told how to be added to this one again", async () => {
  const path = join(folder, "nameless.json");
  await writeFile(path, JSON.stringify([message(0)]));
  const { sessionId, notes } = await run([path]);
  const advice = notes.find((note) => note.includes("another push makes another one"));
  expect(advice).toContain(`--session ${sessionId}`);
  const again = await run([path, "--session", sessionId]);
  expect(again).toMatchObject({ sessionId, notes: ["0 items stored, 1 were there already"] });
});

test("a port that no program may ask is wrong at once", async () => {
  const path = join(folder, "nameless.json");
  const address = { url: "http://127.0.0.1:1", token };
  await expect(run([path, "--new"], { address })).rejects.toMatchObject({
    exitCode: exitCodes.usage,
    message: expect.stringContaining("http://127.0.0.1:1"),
  });
});

test("--new makes another session of it", async () => {
  const path = join(folder, "other.json");
  await writeFile(path, snapshot("elsewhere-2", 0));
  const { sessionId } = await run([path]);
  const other = await run([path, "--new"]);
  expect(other.sessionId).not.toBe(sessionId);
  expect(await ingest.storedItems(other.sessionId)).toHaveLength(3);
});

test("an id of our own pattern is kept", async () => {
  const id = ingest.newSessionId();
  const path = join(folder, "own.json");
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
  const path = join(folder, "holes.json");
  await writeFile(path, JSON.stringify([message(0), {}]));
  expect((await run([path])).exitCode).toBe(exitCodes.partial);
});

test("a broken file fails with the server's words", async () => {
  const path = join(folder, "broken.json");
  await writeFile(path, "[1");
  await expect(run([path])).rejects.toMatchObject({ exitCode: exitCodes.failed });
});

test("a server that is not there is told apart from a refusal", async () => {
  const path = join(folder, "refused.json");
  await writeFile(path, "[]");
  const address = { url: ingest.web().url, token: `${token}x` };
  await expect(run([path], { address })).rejects.toMatchObject({ exitCode: exitCodes.failed });
});

/** A file that is followed while it grows. */
async function follow(name: string, beginning: string | null, more: string[] = []) {
  const path = join(folder, name);
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
  const path = join(folder, "pushed.ndjson");
  await writeFile(path, session + line(1));
  const { sessionId } = await run([path]);
  const watched = await follow("watched.ndjson", session + line(1) + line(2));
  await watched.stored(3);
  await watched.end();
  expect(watched.sessionId()).toBe(sessionId);
});
