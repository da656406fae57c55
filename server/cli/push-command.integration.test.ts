import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
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
}

async function run(args: string[], change: Partial<PushContext> = {}): Promise<Ran> {
  const printed: string[] = [];
  const notes: string[] = [];
  const exitCode = await runPush(readArguments(["push", ...args]) as PushCommand, {
    address: { url: ingest.web().url, token },
    terminal: {
      print: (line) => printed.push(line),
      note: (line) => notes.push(line),
      progress() {},
    },
    stdin: Readable.from([]),
    stateHome: folder,
    signal: new AbortController().signal,
    ...change,
  });
  return { exitCode, sessionId: printed[0]?.split("/").at(-1) ?? "", notes };
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

test("a growing file is followed, line by line", async () => {
  const path = join(folder, "growing.ndjson");
  const over = new AbortController();
  const line = (n: number) => `${JSON.stringify(part(n))}\n`;
  await writeFile(path, line(1) + line(2).slice(0, 10));
  let sessionId = "";
  const running = run([path, "--watch"], {
    signal: over.signal,
    terminal: {
      print: (link) => (sessionId = link.split("/").at(-1) ?? ""),
      note() {},
      progress() {},
    },
  });
  const stored = (count: number) =>
    vi.waitFor(async () => expect(await ingest.storedItems(sessionId)).toHaveLength(count), {
      timeout: 15_000,
    });
  await stored(1);
  await appendFile(path, line(2).slice(10) + line(3));
  await stored(3);
  over.abort();
  expect((await running).exitCode).toBe(exitCodes.complete);
});
