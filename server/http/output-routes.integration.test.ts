import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createExecutionId, createSessionId } from "#lib/ids.ts";
import { createApiToken } from "#server/accounts/api-tokens.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import { openOutput, type OpenOutput } from "#server/outputs/open-output.ts";
import { startTestWeb, type TestWeb } from "./testing/test-web.ts";

let web: TestWeb;
let sessionId: string;

beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());
beforeEach(async () => {
  sessionId = await createSession(localOwner.teamId);
});

async function createSession(teamId: string): Promise<string> {
  const id = createSessionId();
  await web.server.services.database.sql`
    insert into sessions (
      id, team_id, owner_id, status, title, title_source, setup_commands, environment
    ) values (${id}, ${teamId}, ${localOwner.userId}, 'idle', 'Outputs', 'prompt', '[]', '{}')`;
  return id;
}

const open = (changes: Partial<OpenOutput> = {}) =>
  openOutput(web.server.services, {
    sessionId,
    generation: 1,
    executionId: createExecutionId(),
    port: "shots/screen.png",
    source: "execution",
    mode: "binary",
    format: "blob",
    mime: "image/png",
    segmentBytes: 1_000,
    heldMs: 10,
    ...changes,
  });

async function store(bytes: Uint8Array, changes: Partial<OpenOutput> = {}): Promise<string> {
  const writer = await open(changes);
  await writer.write(bytes);
  await writer.complete();
  return writer.outputId;
}

const get = (
  path: string,
  { headers, ...init }: { method?: string; headers?: Record<string, string> } = {},
) => fetch(web.url + path, { ...init, headers: { cookie: web.cookie, ...headers } });

const read = (outputId: string, headers: Record<string, string> = {}, query = "") =>
  get(`/api/v1/outputs/${outputId}${query}`, { headers });

const bodyOf = async (response: Response) => Buffer.from(await response.arrayBuffer());

const stored = async (outputId: string, bytes: number) => {
  const { sql } = web.server.services.database;
  await expect
    .poll(
      async () => {
        const [row] = await sql`
          select b.bytes::int as bytes from outputs o join blobs b on b.id = blob_id
          where o.id = ${outputId}`;
        return row?.["bytes"] as number;
      },
      { interval: 10 },
    )
    .toBe(bytes);
};

describe.each([
  ["inline", undefined],
  ["a reference", 0],
] as const)("an output that is %s", (_, thresholdBytes) => {
  const bytes = randomBytes(3_500);

  test("comes whole, with its type, name and version", async () => {
    const outputId = await store(bytes, { thresholdBytes });
    const response = await read(outputId);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "image/png",
      "content-length": "3500",
      "content-disposition": "inline; filename*=UTF-8''screen.png",
      "accept-ranges": "bytes",
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
      "cross-origin-resource-policy": "same-origin",
      "x-output-state": "complete",
    });
    expect((await bodyOf(response)).equals(bytes)).toBe(true);
    const known = await read(outputId, { "if-none-match": response.headers.get("etag") ?? "" });
    expect(known.status).toBe(304);
    const download = await read(outputId, {}, "?download=1");
    expect(download.headers.get("content-disposition")).toMatch(/^attachment;/);
    await download.body?.cancel();
  });

  test.each([
    ["bytes=0-0", 0, 1],
    ["bytes=999-1000", 999, 1_001],
    ["bytes=3000-", 3_000, 3_500],
    ["bytes=-7", 3_493, 3_500],
    ["bytes=3000-9999", 3_000, 3_500],
  ])("comes in part for %s", async (range, start, end) => {
    const response = await read(await store(bytes, { thresholdBytes }), { range });
    expect(response.status).toBe(206);
    expect(response.headers.get("content-range")).toBe(`bytes ${start}-${end - 1}/3500`);
    expect(response.headers.get("content-length")).toBe(String(end - start));
    expect((await bodyOf(response)).equals(bytes.subarray(start, end))).toBe(true);
  });

  test("has no part behind its end", async () => {
    const response = await read(await store(bytes, { thresholdBytes }), { range: "bytes=3500-" });
    expect(response.status).toBe(416);
    expect(response.headers.get("content-range")).toBe("bytes */3500");
  });

  test("comes whole to whoever has a part of other bytes", async () => {
    const outputId = await store(bytes, { thresholdBytes });
    const etag = (await read(outputId)).headers.get("etag") ?? "";
    const statusOf = async (ifRange: string) => {
      const response = await read(outputId, { range: "bytes=0-1", "if-range": ifRange });
      return [response.status, (await bodyOf(response)).byteLength];
    };
    expect(await statusOf(etag)).toEqual([206, 2]);
    expect(await statusOf('"other"')).toEqual([200, 3_500]);
    expect(await statusOf("Fri, 20 Nov 2026 12:00:00 GMT")).toEqual([200, 3_500]);
  });

  test("is described without its bytes", async () => {
    const outputId = await store(bytes, { thresholdBytes });
    const path = `/api/v1/outputs/${outputId}`;
    const response = await get(path, { method: "HEAD", headers: { range: "bytes=0-1" } });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-length")).toBe("3500");
    expect((await bodyOf(response)).byteLength).toBe(0);
  });
});

test.each([
  ["text/html", "text/html; charset=utf-8", "attachment"],
  ["image/svg+xml", "image/svg+xml", "attachment"],
  ["application/x-thing", "application/x-thing", "attachment"],
  ["text/plain", "text/plain; charset=utf-8", "inline"],
  ["text/plain; charset=latin1", "text/plain; charset=latin1", "inline"],
  ["application/json", "application/json", "inline"],
  ["not a type\r\nx: y", "application/octet-stream", "attachment"],
])("%j is answered as %s, %s", async (mime, type, disposition) => {
  const name = 'a/"ü\n*.x';
  const response = await read(await store(Buffer.from("x"), { mime, name }));
  expect(response.headers.get("content-type")).toBe(type);
  const expected = `${disposition}; filename*=UTF-8''%22%C3%BC%0A%2A.x`;
  expect(response.headers.get("content-disposition")).toBe(expected);
});

describe("while it is written", () => {
  const bytes = randomBytes(2_400);

  test("what is stored can be read, and its parts", async () => {
    const writer = await open();
    await writer.write(bytes);
    await stored(writer.outputId, 2_400);
    const whole = await read(writer.outputId);
    expect(whole.headers.get("x-output-state")).toBe("writing");
    expect(whole.headers.get("cache-control")).toBe("private, no-store");
    expect((await bodyOf(whole)).equals(bytes)).toBe(true);
    const part = await read(writer.outputId, { range: "bytes=2000-" });
    expect(part.status).toBe(206);
    expect(part.headers.get("content-range")).toBe("bytes 2000-2399/*");
    expect((await bodyOf(part)).equals(bytes.subarray(2_000))).toBe(true);
    await writer.complete();
  });

  test.each([
    ["inline", undefined, 0],
    ["a reference", 0, 0],
    ["a reference", 0, 1_500],
  ])("it is followed to its end as %s at %s, from %i on", async (...row) => {
    const [, thresholdBytes, offset] = row;
    const writer = await open({ thresholdBytes });
    const response = await read(writer.outputId, {}, `?live=1&offset=${offset}`);
    const body = bodyOf(response);
    for (let start = 0; start < 2_400; start += 600) {
      await writer.write(bytes.subarray(start, start + 600));
      await stored(writer.outputId, start + 600);
    }
    await writer.complete();
    expect((await body).equals(bytes.subarray(offset))).toBe(true);
  });

  test("a follower that does not read holds up nobody", async () => {
    const writer = await open({ thresholdBytes: 0, segmentBytes: undefined });
    const stalled = await read(writer.outputId, {}, "?live=1");
    for (let n = 0; n < 64; n += 1) await writer.write(randomBytes(1024 * 1024));
    expect(await writer.complete()).toMatchObject({ state: "complete", bytes: 64 * 1024 * 1024 });
    await stalled.body?.cancel();
  });

  test.each([
    ["fails", async (writer: Awaited<ReturnType<typeof open>>) => writer.fail(new Error("x"))],
    [
      "is replaced by another value",
      async (writer: Awaited<ReturnType<typeof open>>) =>
        void (await writer.complete(randomBytes(3_000))),
    ],
  ])("an output that %s breaks off, and is not taken for the whole", async (_, end) => {
    for (const thresholdBytes of [0, undefined]) {
      const writer = await open({ thresholdBytes });
      const response = await read(writer.outputId, {}, "?live=1");
      await writer.write(bytes);
      await stored(writer.outputId, 2_400);
      const reader = response.body!.getReader();
      await reader.read();
      await end(writer);
      const rest = async () => {
        while (!(await reader.read()).done);
      };
      await expect(rest()).rejects.toThrow(/terminated/);
    }
  });

  test("an incomplete one says so, and keeps its bytes", async () => {
    const writer = await open();
    await writer.write(bytes);
    await writer.fail(new Error("x"));
    const response = await read(writer.outputId);
    expect(response.headers.get("x-output-state")).toBe("incomplete");
    expect((await bodyOf(response)).equals(bytes)).toBe(true);
  });
});

describe("who may read", () => {
  const bytes = Buffer.from("private");
  const bearer = async (scopes: ("read" | "ingest" | "start")[]) => {
    const { secret } = await createApiToken(web.server.services.database, localOwner, {
      name: "laptop",
      scopes,
      expiresInDays: null,
    });
    return { authorization: `Bearer ${secret}`, cookie: "" };
  };

  test("only whoever may read the session", async () => {
    const outputId = await store(bytes);
    expect((await read(outputId, { cookie: "" })).status).toBe(401);
    expect((await read(outputId, await bearer(["ingest", "start"]))).status).toBe(403);
    expect((await read(outputId, await bearer(["read"]))).status).toBe(200);
    const { sql } = web.server.services.database;
    await sql`insert into teams (id, name) values ('team_other', 'Other') on conflict do nothing`;
    await sql`update sessions set team_id = 'team_other' where id = ${sessionId}`;
    const foreign = await read(outputId);
    const unknown = await read("out_0000000000000000000000000A");
    expect([foreign.status, unknown.status]).toEqual([404, 404]);
    expect(await foreign.text()).toBe(await unknown.text());
    expect((await read("nonsense")).status).toBe(404);
  });

  test("nobody, once the session is deleted", async () => {
    const outputId = await store(bytes);
    const { sql } = web.server.services.database;
    await sql`update sessions set deleted_at = now() where id = ${sessionId}`;
    expect((await read(outputId)).status).toBe(404);
  });

  test("bytes that are gone are said to be", async () => {
    const outputId = await store(bytes, { thresholdBytes: 0 });
    const { blobs, database } = web.server.services;
    const rows = await database.sql<{ key: string }[]>`
      select key from blob_segments join outputs using (blob_id) where outputs.id = ${outputId}`;
    await blobs.delete(rows.map(({ key }) => key));
    expect((await read(outputId)).status).toBe(404);
  });

  test("a list page by page, newest first, and what is deleted is gone with its bytes", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.unshift(await store(bytes, { port: `file ${n}` }));
    ids.unshift(await store(bytes, { port: "log", mime: "text/plain", thresholdBytes: 0 }));
    const list = async (query: string) => {
      const response = await get(`/api/v1/sessions/${sessionId}/outputs${query}`);
      return (await response.json()) as { outputs: { outputId: string }[]; next: string | null };
    };
    const idsOf = ({ outputs }: Awaited<ReturnType<typeof list>>) =>
      outputs.map(({ outputId }) => outputId);
    const first = await list("?limit=4");
    expect(idsOf(first)).toEqual(ids.slice(0, 4));
    const second = await list(`?limit=4&before=${first.next}`);
    expect([idsOf(second), second.next]).toEqual([ids.slice(4), null]);
    expect(idsOf(await list("?type=text/"))).toEqual(ids.slice(0, 1));

    const removed = await get(`/api/v1/outputs/${ids[0]}`, { method: "DELETE" });
    expect(removed.status).toBe(204);
    expect((await read(ids[0]!)).status).toBe(404);
    expect(idsOf(await list(""))).toEqual(ids.slice(1));
    const rows = await web.server.services.database.sql`
      select from blobs where session_id = ${sessionId}`;
    expect(rows).toHaveLength(0);
  });
});
