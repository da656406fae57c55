import { randomBytes } from "node:crypto";
import { request, type IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";
import { once } from "node:events";
import { readdir, readlink } from "node:fs/promises";
import { expect, test, vi } from "vitest";
import { EXPORT_MEMBER } from "#lib/export.ts";
import type { ApiScope } from "#lib/api-scope.ts";
import { createApiToken } from "#server/accounts/api-tokens.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import { createRandom } from "#lib/testing/create-random.ts";
import { RandomDocuments } from "#server/ingest/scanner/testing/random-document.ts";
import { message, part, useIngest } from "#server/ingest/testing/use-ingest.ts";

const ingest = useIngest();

const path = (sessionId: string, query = "") => `/api/v1/sessions/${sessionId}/export${query}`;

async function bring(document: string | Uint8Array): Promise<string> {
  const sessionId = ingest.newSessionId();
  const { body } = await ingest.push(sessionId, document as string);
  await ingest.ended(body.upload.uploadId);
  return sessionId;
}

interface Stored {
  identity: string;
  sha256: string;
  envelope: string | null;
  turn: number | null;
}

/** Every item as the tables have it, in transcript order, what is beside the transcript behind it by arrival. */
async function stored(sessionId: string): Promise<Stored[]> {
  const { sql } = ingest.services().database;
  return sql<Stored[]>`
    select concat_ws(' ', i.type, i.message_id, i.part_id) as identity, i.body_sha256 as sha256, i.envelope, m.turn
    from items i
    left join messages m on m.session_id = i.session_id and m.message_id = i.message_id and i.type in ('message', 'part')
    where i.session_id = ${sessionId} and not i.deleted
    order by (m.message_id is null and i.type <> 'session'), i.type <> 'session', m.sort_key, m.first_seq,
      case when m.message_id is null then i.first_seq end, i.part_id`;
}

/** Placeholders of messages that never come are ordered by arrival, and so stay in order. */
async function expectRoundTrip(sessionId: string): Promise<void> {
  const lines = await readText(path(sessionId, "?format=ndjson"));
  const copyId = await bring(lines);
  expect(await stored(copyId)).toEqual(await stored(sessionId));
  const again = await readText(path(copyId, "?format=ndjson"));
  expect(linesOf(again)).toEqual(linesOf(lines));
}

async function readText(address: string): Promise<string> {
  const { url, cookie } = ingest.web();
  return (await fetch(url + address, { headers: { cookie } })).text();
}

const linesOf = (text: string) => text.trimEnd().split("\n").slice(1, -1);

test("NDJSON that was exported becomes the same session again, byte for byte and in order", async () => {
  const documents = new RandomDocuments(createRandom(4));
  let itemCount = 0;
  for (let run = 0; run < 60; run += 1) {
    const sessionId = ingest.newSessionId();
    const { status } = await ingest.push(sessionId, documents.document());
    // Not all of them are documents.
    if (status !== 200) continue;
    itemCount += (await stored(sessionId)).length;
    await expectRoundTrip(sessionId);
  }
  expect(itemCount).toBeGreaterThan(20);
});

test("a pretty snapshot with large bodies, orphans and unknown items comes back, too", async () => {
  const text = (length: number) => "line\n".repeat(length / 5);
  const snapshot = {
    info: { id: "s", title: "Pears" },
    messages: [
      { info: message(1).data, parts: [{ id: "p2", type: "text", text: text(3_000_000) }] },
      { info: message(0).data, parts: [{ id: "p1", type: "text", text: "\ud800\0" }] },
    ],
    sessionDiff: [{ file: "a" }],
  };
  const sessionId = await bring(JSON.stringify(snapshot, null, 2));
  const more = [
    part(55),
    { type: "note", id: "n2", data: {} },
    { type: "note", id: "n1", data: {} },
  ];
  const { body } = await ingest.push(sessionId, JSON.stringify(more));
  await ingest.ended(body.upload.uploadId);
  expect(await stored(sessionId)).toHaveLength(9);
  await expectRoundTrip(sessionId);
});

test("a snapshot comes back as it was, and its trailer is nothing unknown", async () => {
  const snapshot = {
    info: { id: "s" },
    messages: [{ info: message(1).data, parts: [part(10).data] }],
  };
  const sessionId = await bring(JSON.stringify(snapshot));
  const { body } = await ingest.ask("GET", path(sessionId));
  const { [EXPORT_MEMBER]: trailer, ...same } = body;
  expect(same).toEqual({ ...snapshot });
  expect(trailer).toMatchObject({ messages: 1, parts: 1, missing: 0 });
  const copyId = await bring(JSON.stringify(body));
  expect(await stored(copyId)).toEqual(await stored(sessionId));
  const uploads = await ingest.ask("GET", `/api/v1/sessions/${copyId}/uploads`);
  expect(uploads.body.uploads[0].ignoredMembers).toEqual([]);
});

test("it is a file that a browser neither shows nor runs, named after its session", async () => {
  const sessionId = ingest.newSessionId();
  const body = JSON.stringify({ sessionId, title: "../Pears & “plums”/?" });
  await ingest.ask("POST", "/api/v1/sessions", { body });
  for (const [format, type] of Object.entries({
    json: "application/json",
    ndjson: "application/x-ndjson",
    md: "text/markdown; charset=utf-8",
    html: "text/html; charset=utf-8",
  })) {
    const { url, cookie } = ingest.web();
    const { status, headers } = await fetch(url + path(sessionId, `?format=${format}`), {
      headers: { cookie },
    });
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe(type);
    expect(headers.get("content-disposition")).toBe(
      `attachment; filename*=UTF-8''Pears%20%26%20%E2%80%9Cplums%E2%80%9D.${format}`,
    );
    expect(headers.get("content-security-policy")).toContain("sandbox");
    expect(headers.get("cache-control")).toBe("no-store");
  }
});

test("who may not read the session gets nothing, and wrong questions are told", async () => {
  const sessionId = await bring(JSON.stringify([message(1)]));
  const { database } = ingest.services();
  const bearer = async (...scopes: ApiScope[]) => {
    const token = { name: "Test", scopes, expiresInDays: 1 };
    const { secret } = await createApiToken(database, localOwner, token);
    return { headers: { cookie: "", authorization: `Bearer ${secret}` } };
  };
  const status = async (query: string, init?: RequestInit) =>
    (await ingest.ask("GET", path(sessionId, query), init)).status;
  expect(await status("", await bearer("read"))).toBe(200);
  expect(await status("", await bearer("ingest", "start"))).toBe(403);
  expect(await status("", { headers: { cookie: "" } })).toBe(401);
  expect((await ingest.ask("GET", path(ingest.newSessionId()))).status).toBe(404);
  for (const query of [
    "?format=pdf",
    "?refs=all",
    "?since=-1",
    "?since=x",
    "?since=1e3",
    "?since=999",
  ])
    expect(await status(query)).toBe(400);
  expect(await status("?since=2.0")).toBe(410);
  expect(await status("?since=1.0")).toBe(200);
});

test("it is compressed for those who take that", async () => {
  const sessionId = await bring(JSON.stringify([message(1), part(10, "y".repeat(50_000))]));
  const response = await ask(sessionId, { "accept-encoding": "gzip" });
  expect(response.headers["content-encoding"]).toBe("gzip");
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  const packed = Buffer.concat(pieces);
  expect(packed.byteLength).toBeLessThan(5_000);
  const snapshot = JSON.parse(gunzipSync(packed).toString());
  expect(snapshot.messages[0].parts[0].text).toHaveLength(50_000);
});

const large = (count: number) =>
  JSON.stringify([
    message(1),
    ...Array.from({ length: count }, (_, n) =>
      part(10 + n, randomBytes(1_900_000).toString("base64")),
    ),
  ]);

test.each<Record<string, string>>([{}, { "accept-encoding": "gzip" }])(
  "an export that fails after its first byte breaks the connection (%o)",
  async (headers) => {
    const sessionId = await bring(large(8));
    const response = await ask(sessionId, headers);
    await once(response, "readable");
    await ingest.ask("DELETE", `/api/v1/sessions/${sessionId}`);
    await expect(drain(response)).rejects.toThrow("aborted");
    expect(response.complete).toBe(false);
    await expectNothingOpen();
  },
);

test("a reader who leaves in the middle frees transaction and files", async () => {
  const sessionId = await bring(large(8));
  const before = await countOpenFiles();
  for (let n = 0; n < 6; n += 1) {
    const response = await ask(sessionId, n % 2 === 0 ? {} : { "accept-encoding": "gzip" });
    await once(response, "readable");
    response.destroy();
  }
  await expectNothingOpen();
  await vi.waitFor(async () => expect(await countOpenFiles()).toBeLessThanOrEqual(before));
});

function ask(sessionId: string, headers: Record<string, string>): Promise<IncomingMessage> {
  const { url, cookie } = ingest.web();
  return new Promise((resolve, reject) => {
    const sent = request(url + path(sessionId), { headers: { cookie, ...headers } }, resolve);
    sent.once("error", reject);
    sent.end();
  });
}

async function drain(response: IncomingMessage): Promise<void> {
  for await (const _ of response) continue;
}

async function expectNothingOpen(): Promise<void> {
  const { sql } = ingest.services().database;
  await vi.waitFor(async () => {
    const open = await sql`
      select query from pg_stat_activity
      where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()
        and query like '%export_%'`;
    expect(open).toHaveLength(0);
  });
}

async function countOpenFiles(): Promise<number> {
  const { dataDir } = ingest.web().server;
  const handles = await readdir("/proc/self/fd");
  const links = await Promise.all(
    handles.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
  );
  return links.filter((link) => link.startsWith(dataDir)).length;
}
