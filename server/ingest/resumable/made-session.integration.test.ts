import { describe, expect, test } from "vitest";
import { localOwner } from "#server/accounts/local-owner.ts";
import { sweepBlobs } from "#server/blobs/sweep-blobs.ts";
import { part, useIngest } from "../testing/use-ingest.ts";
import { settleIdleUploads } from "./settle-idle-uploads.ts";
import { askTus, beginUpload, sendPiece } from "./testing/tus-requests.ts";

const ingest = useIngest();
const target = () => ingest.web();
const idOf = (path: string) => path.split("/").at(-1) ?? "";
const sql = () => ingest.services().database.sql;
const items = JSON.stringify([part(1), part(2)]);

/** An upload whose first bytes came, as the first thing of a session that it made. */
async function begin(sessionId: string): Promise<string> {
  const path = await beginUpload(target(), sessionId, { "upload-length": "1000" });
  await sendPiece(target(), path, { offset: 0, body: items.slice(0, 10) });
  return path;
}

async function expire(path: string): Promise<void> {
  await sql()`
    with aged as (
      update uploads set begun_at = begun_at - interval '2 days'
      where id = ${idOf(path)} returning blob_id
    )
    update blobs set lease_until = lease_until - interval '2 days'
    from aged where blobs.id = blob_id`;
  await settleIdleUploads(ingest.services());
}

async function cancel(path: string): Promise<void> {
  expect((await askTus(target(), `DELETE ${path}`)).status).toBe(204);
}

const sessionsOf = (sessionId: string) => sql()`select 1 from sessions where id = ${sessionId}`;

describe.each([
  ["is cancelled", cancel],
  ["has expired", expire],
])("an upload that %s", (_, end) => {
  test("takes along the session that it made, which can be made again", async () => {
    const { database, blobs } = ingest.services();
    const sessionId = ingest.newSessionId();
    const path = await begin(sessionId);
    await end(path);
    expect(await sessionsOf(sessionId)).toHaveLength(0);
    expect((await askTus(target(), `HEAD ${path}`)).status).toBe(404);
    await sweepBlobs({ database, blobs });
    expect(await sql()`select 1 from blobs where session_id = ${sessionId}`).toHaveLength(0);
    expect((await ingest.push(sessionId, items)).status).toBe(200);
    expect(await ingest.storedItems(sessionId)).toHaveLength(2);
  });

  const reasons: [string, (sessionId: string) => Promise<unknown>][] = [
    ["items", (sessionId) => ingest.push(sessionId, items)],
    ["another upload", (sessionId) => begin(sessionId)],
    [
      "a prompt",
      (sessionId) => sql()`
        insert into prompts (session_id, generation, message_id, owner_id, text, request_hash, status)
        values (${sessionId}, 1, ${`msg_${sessionId}`}, ${localOwner.userId}, 'Look', 'x', 'accepted')`,
    ],
  ];

  test.each(reasons)("leaves a session that has %s besides", async (...[, add]) => {
    const sessionId = ingest.newSessionId();
    const path = await begin(sessionId);
    await add(sessionId);
    await end(path);
    expect(await sessionsOf(sessionId)).toHaveLength(1);
  });

  test("leaves a session that it did not make", async () => {
    const sessionId = ingest.newSessionId();
    const body = JSON.stringify({ sessionId });
    await ingest.ask("POST", "/api/v1/sessions", { body });
    await end(await begin(sessionId));
    expect(await sessionsOf(sessionId)).toHaveLength(1);
  });

  test.each(["before", "behind"])("and a push %s it lose nothing of the push", async (place) => {
    const sessionId = ingest.newSessionId();
    const path = await begin(sessionId);
    const waiting = () => sql()`
      select 1 from pg_locks join pg_stat_activity using (pid)
      where not granted and datname = current_database()`;
    const steps = [() => ingest.push(sessionId, items), () => end(path)];
    if (place === "behind") steps.reverse();
    const both: Promise<unknown>[] = [];
    await sql().begin(async (tx) => {
      await tx`select 1 from sessions where id = ${sessionId} for update`;
      for (const [index, step] of steps.entries()) {
        both.push(step());
        await expect.poll(waiting, { interval: 5 }).toHaveLength(index + 1);
      }
    });
    const [first, second] = await Promise.all(both);
    expect(place === "before" ? first : second).toMatchObject({ status: 200 });
    expect(await ingest.storedItems(sessionId)).toHaveLength(2);
  });
});
