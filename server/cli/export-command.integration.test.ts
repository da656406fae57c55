import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterEach, beforeAll, expect, test } from "vitest";
import { exportFormats } from "#lib/export.ts";
import { createLocalToken } from "#server/accounts/create-local-token.ts";
import { message, part } from "#server/ingest/testing/use-ingest.ts";
import { type ExportContext, runExport } from "./export-command.ts";
import { exitCodes } from "./exit-codes.ts";
import { readArguments } from "./read-arguments.ts";
import type { ExportCommand } from "./read-export-arguments.ts";
import { usePush } from "./testing/use-push.ts";

const push = usePush();
const SESSION = "ses_00000000000aAAAAAAAAAAAAAA";
let sessionId = "";
let readToken = "";
let folder = "";
let count = 0;
let standIn: Server | null = null;

beforeAll(async () => {
  const asked = { name: "Reader", scopes: ["read" as const], expiresInDays: 1 };
  readToken = (await createLocalToken(push.ingest.services().database, asked)).secret;
  const path = join(push.folder, "pears.ndjson");
  const items = [message(0), part(1), part(2)].map((item) => JSON.stringify(item));
  const info = JSON.stringify({ type: "session", data: { id: "pears", title: "Pears / apples" } });
  await writeFile(path, [info, ...items].join("\n"));
  ({ sessionId } = await push.run([path]));
});
afterEach(() => {
  standIn?.closeAllConnections();
  standIn?.close();
  standIn = null;
});

async function run(args: string[], change: Partial<ExportContext> = {}) {
  const printed: string[] = [];
  const notes: string[] = [];
  const out: Buffer[] = [];
  const stdout = new Writable({
    write: (chunk: Buffer, _, done) => {
      out.push(chunk);
      done();
    },
  });
  const exitCode = await runExport(readArguments(["export", ...args]) as ExportCommand, {
    address: { url: push.ingest.web().url, token: readToken },
    terminal: {
      print: (line) => printed.push(line),
      note: (line) => notes.push(line),
      progress: () => {},
    },
    stdout,
    signal: new AbortController().signal,
    ...change,
  });
  return { exitCode, printed, notes, out: Buffer.concat(out).toString("utf8") };
}

async function newFolder(): Promise<string> {
  folder = join(push.folder, `out-${(count += 1)}`);
  await mkdir(folder);
  return folder;
}

/** A server that answers as it is told. */
async function standInFor(listener: RequestListener): Promise<ExportContext["address"]> {
  const server = createServer(listener);
  standIn = server;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: "t" };
}

test.each(exportFormats)("a session is written as %s, and its end is true", async (format) => {
  const path = join(await newFolder(), "a");
  const { exitCode, printed, notes } = await run([sessionId, "--format", format, "-o", path]);
  expect({ exitCode, printed, notes }).toEqual({
    exitCode: exitCodes.complete,
    printed: [path],
    notes: ["1 messages, 2 parts"],
  });
  expect(await readFile(path, "utf8")).toContain("Pears / apples");
  expect(await readdir(folder)).toEqual(["a"]);
});

test("into a folder it goes by the name that the server gives it, by a link too", async () => {
  const link = `${push.ingest.web().url}/sessions/${sessionId}?a=b#msg_1`;
  const { printed } = await run([link, "-o", await newFolder(), "--format", "ndjson"]);
  expect(printed).toEqual([join(folder, "Pears apples.ndjson")]);
});

test("to standard output goes the export, and nothing else", async () => {
  const { out, printed, notes } = await run([sessionId, "-o", "-"]);
  expect(printed).toEqual([]);
  expect(notes).toEqual(["1 messages, 2 parts"]);
  const { lastSeq, generation } = (
    JSON.parse(out) as { millraceExport: { lastSeq: number; generation: number } }
  ).millraceExport;
  const later = await run([sessionId, "-o", "-", "--since", `${generation}.${lastSeq}`]);
  expect(later.notes).toEqual(["0 messages, 0 parts"]);
});

test("a reader who goes away is no trouble of the server (#4)", async () => {
  const stdout = new Writable({ write: (_, __, done) => done(new Error("write EPIPE")) });
  await expect(run([sessionId, "-o", "-"], { stdout })).rejects.toMatchObject({
    exitCode: exitCodes.failed,
    message: expect.stringMatching(/^Standard output took no more \(write EPIPE\)/),
  });
});

test("a reader who stands still can be left (#4)", async () => {
  const stopping = new AbortController();
  const stdout = new Writable({ write: () => stopping.abort() });
  const { signal } = stopping;
  await expect(run([sessionId, "-o", "-"], { stdout, signal })).rejects.toMatchObject({
    exitCode: exitCodes.interrupted,
  });
});

test("a file that is there is replaced by --force only", async () => {
  const path = join(await newFolder(), "a.json");
  await writeFile(path, "mine");
  await expect(run([sessionId, "-o", path])).rejects.toMatchObject({ exitCode: exitCodes.usage });
  expect(await readFile(path, "utf8")).toBe("mine");
  await run([sessionId, "-o", path, "--force"]);
  expect(await readFile(path, "utf8")).toContain("millraceExport");
  expect(await readdir(folder)).toEqual(["a.json"]);
});

test("a file that comes while the export does is not replaced", async () => {
  const path = join(await newFolder(), "a.json");
  const address = await standInFor((_, response) => {
    void writeFile(path, "mine").then(() => response.end(documentOf("{}")));
  });
  await expect(run([SESSION, "-o", path], { address })).rejects.toMatchObject({
    exitCode: exitCodes.usage,
  });
  expect(await readFile(path, "utf8")).toBe("mine");
  expect(await readdir(folder)).toEqual(["a.json"]);
});

const documentOf = (start: string, counts = {}) => {
  const sha256 = createHash("sha256").update(start).digest("hex");
  return `${start},"millraceExport":${JSON.stringify({ sha256, ...counts })}}`;
};

test.each([
  {
    what: "breaks off",
    text: '{"info":{},"messages":[',
    exitCode: exitCodes.unavailable,
    words: /broke off/,
  },
  {
    what: "has no end",
    text: '{"info":{},"messages":[]}',
    exitCode: exitCodes.unavailable,
    words: /no end/,
  },
  {
    what: "was changed",
    text: documentOf('{"info":1').replace("1", "2"),
    exitCode: exitCodes.failed,
    words: /SHA-256/,
  },
])("nothing is kept of an export that $what", async ({ what, text, exitCode, words }) => {
  const address = await standInFor((_request, response) => {
    response.write(text, () => (what === "breaks off" ? response.destroy() : response.end()));
  });
  await newFolder();
  const failed = run([SESSION, "-o", join(folder, "a.json")], { address });
  await expect(failed).rejects.toMatchObject({ exitCode, message: expect.stringMatching(words) });
  expect(await readdir(folder)).toEqual([]);
});

test("bodies that the store has lost are told, by the exit code too", async () => {
  const address = await standInFor((_, response) => {
    response.end(documentOf('{"info":{}', { messages: 3, parts: 2, missing: 1, leftOut: 4 }));
  });
  const { exitCode, notes } = await run([SESSION, "-o", "-"], { address });
  expect({ exitCode, notes }).toEqual({
    exitCode: exitCodes.partial,
    notes: ["3 messages, 2 parts, 4 without their text, 1 missing in the server's store"],
  });
});

test("a server that has no place yet is asked again", async () => {
  let asked = 0;
  const address = await standInFor((_, response) => {
    asked += 1;
    if (asked === 1) response.writeHead(503, { "retry-after": "0" }).end();
    else response.end(documentOf("{"));
  });
  const { notes } = await run([SESSION, "-o", "-"], { address });
  expect(notes[0]).toMatch(/answered 503/);
});

test("a refusal is told in the server's words, and makes no file", async () => {
  await newFolder();
  await expect(run([SESSION, "-o", join(folder, "a")])).rejects.toMatchObject({
    exitCode: exitCodes.failed,
    status: 404,
  });
  const address = { url: push.ingest.web().url, token: push.token };
  await expect(run([sessionId, "-o", join(folder, "a")], { address })).rejects.toMatchObject({
    status: 403,
  });
  expect(await readdir(folder)).toEqual([]);
});

test("an interruption leaves no file", async () => {
  const stopping = new AbortController();
  const address = await standInFor((_, response) => {
    response.write("{", () => stopping.abort());
  });
  await newFolder();
  const { signal } = stopping;
  await expect(run([SESSION, "-o", join(folder, "a")], { address, signal })).rejects.toMatchObject({
    exitCode: exitCodes.interrupted,
  });
  expect(await readdir(folder)).toEqual([]);
});

test.each([
  [["export"], /Name one session/],
  [["export", "elsewhere"], /neither the id nor the link/],
  [["export", SESSION, "--format", "pdf"], /--format is one of json, ndjson, md, html/],
  [["export", SESSION, "--since", "yesterday"], /--since/],
  [["export", SESSION, "--watch"], /no option --watch/],
])("%j is wrong", (args, words) => {
  expect(() => readArguments(args)).toThrow(words);
});
