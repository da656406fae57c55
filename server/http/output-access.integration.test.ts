import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createApiToken, revokeApiToken } from "#server/accounts/api-tokens.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import { useOutputWeb } from "./testing/use-output-web.ts";

const web = useOutputWeb();

describe("who may read", () => {
  const bytes = Buffer.from("private");
  const bearer = async (scopes: ("read" | "ingest" | "start")[]) => {
    const { secret } = await createApiToken(web.services.database, localOwner, {
      name: "laptop",
      scopes,
      expiresInDays: null,
    });
    return { authorization: `Bearer ${secret}`, cookie: "" };
  };

  test("only whoever may read the session", async () => {
    const outputId = await web.store(bytes);
    expect((await web.read(outputId, { cookie: "" })).status).toBe(401);
    expect((await web.read(outputId, await bearer(["ingest", "start"]))).status).toBe(403);
    expect((await web.read(outputId, await bearer(["read"]))).status).toBe(200);
    const { sql } = web.services.database;
    await sql`insert into teams (id, name) values ('team_other', 'Other') on conflict do nothing`;
    await sql`update sessions set team_id = 'team_other' where id = ${web.sessionId}`;
    const foreign = await web.read(outputId);
    const unknown = await web.read("out_0000000000000000000000000A");
    expect([foreign.status, unknown.status]).toEqual([404, 404]);
    expect(await foreign.text()).toBe(await unknown.text());
    expect((await web.read("nonsense")).status).toBe(404);
  });

  test("nobody follows on with a token that was taken back", async () => {
    const { database } = web.services;
    const { secret, tokenId } = await createApiToken(database, localOwner, {
      name: "follower",
      scopes: ["read"],
      expiresInDays: null,
    });
    const writer = await web.open();
    await writer.write(bytes);
    const headers = { authorization: `Bearer ${secret}`, cookie: "" };
    const response = await web.read(writer.outputId, headers, "?live=1");
    const reader = response.body!.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).toBe("private");
    await revokeApiToken(database, localOwner, tokenId);
    await expect(reader.read()).rejects.toThrow("terminated");
    await writer.complete();
  });

  test("nobody goes on with a download, either", async () => {
    const { database } = web.services;
    const { secret, tokenId } = await createApiToken(database, localOwner, {
      name: "download",
      scopes: ["read"],
      expiresInDays: null,
    });
    // More than the sockets on the way hold.
    const large = Buffer.alloc(48 * 1024 * 1024);
    const outputId = await web.store(large, { segmentBytes: large.byteLength });
    const headers = { authorization: `Bearer ${secret}`, cookie: "" };
    const response = await web.read(outputId, headers);
    expect(response.headers.get("content-length")).toBe(String(large.byteLength));
    const reader = response.body!.getReader();
    await reader.read();
    await revokeApiToken(database, localOwner, tokenId);
    const readSlowly = async () => {
      while (!(await reader.read()).done) await delay(25);
    };
    await expect(readSlowly()).rejects.toThrow("terminated");
  });

  test("nobody, once the session is deleted", async () => {
    const outputId = await web.store(bytes);
    const { sql } = web.services.database;
    await sql`update sessions set deleted_at = now() where id = ${web.sessionId}`;
    expect((await web.read(outputId)).status).toBe(404);
  });

  test("bytes that are gone are said to be", async () => {
    const outputId = await web.store(bytes, { thresholdBytes: 0 });
    const { blobs, database } = web.services;
    const rows = await database.sql<{ key: string }[]>`
      select key from blob_segments join outputs using (blob_id) where outputs.id = ${outputId}`;
    await blobs.delete(rows.map(({ key }) => key));
    expect((await web.read(outputId)).status).toBe(404);
  });

  test("a list page by page, newest first, and what is deleted is gone with its bytes", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.unshift(await web.store(bytes, { port: `file ${n}` }));
    ids.unshift(await web.store(bytes, { port: "log", mime: "text/plain", thresholdBytes: 0 }));
    const list = async (query: string) => {
      const response = await web.get(`/api/v1/sessions/${web.sessionId}/outputs${query}`);
      return (await response.json()) as { outputs: { outputId: string }[]; next: string | null };
    };
    const idsOf = ({ outputs }: Awaited<ReturnType<typeof list>>) =>
      outputs.map(({ outputId }) => outputId);
    const first = await list("?limit=4");
    expect(idsOf(first)).toEqual(ids.slice(0, 4));
    const second = await list(`?limit=4&before=${first.next}`);
    expect([idsOf(second), second.next]).toEqual([ids.slice(4), null]);
    expect(idsOf(await list("?type=text/"))).toEqual(ids.slice(0, 1));

    const removed = await web.get(`/api/v1/outputs/${ids[0]}`, { method: "DELETE" });
    expect(removed.status).toBe(204);
    expect((await web.read(ids[0]!)).status).toBe(404);
    expect(idsOf(await list(""))).toEqual(ids.slice(1));
    const rows = await web.services.database.sql`
      select from blobs where session_id = ${web.sessionId}`;
    expect(rows).toHaveLength(0);
  });
});
