import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { blockStatement } from "./testing/block-statement.ts";
import { largeDocument, part, useIngest } from "./testing/use-ingest.ts";

const ingest = useIngest();
const { text, items } = largeDocument();
const sql = () => ingest.services().database.sql;

async function pathOfReceived(uploadId: string): Promise<string> {
  const [segment] = await sql()<{ key: string }[]>`
    select key from blob_segments join uploads on uploads.blob_id = blob_segments.blob_id
    where uploads.id = ${uploadId}`;
  return join(ingest.web().server.dataDir, "blobs", segment?.key ?? "");
}

/** An upload that is done, with what a test may change before it is replayed. */
async function ingested(sessionId = ingest.newSessionId()) {
  const { body } = await ingest.push(sessionId, text);
  const upload = await ingest.ended(body.upload.uploadId);
  return { sessionId, uploadId: upload.uploadId };
}

const replay = (uploadId: string) => ingest.ask("POST", `/api/v1/uploads/${uploadId}/replay`);

test("an upload that is replayed stores nothing twice and overwrites nothing newer", async () => {
  const { sessionId, uploadId } = await ingested();
  await ingest.push(sessionId, JSON.stringify({ data: [part(1, "newer")] }));
  const before = await ingest.storedItems(sessionId);
  expect((await replay(uploadId)).status).toBe(202);
  const again = await ingest.ended(uploadId);
  expect(again).toMatchObject({ stored: items.length - 1, stale: 1, unchanged: 0, skipped: 0 });
  expect(await ingest.storedItems(sessionId)).toEqual(before);
});

test("received bytes that are gone fail it for good, and nothing else of its session", async () => {
  const { sessionId, uploadId } = await ingested();
  await rm(await pathOfReceived(uploadId));
  await replay(uploadId);
  const { body } = await ingest.push(sessionId, text);
  const dead = await ingest.ended(uploadId);
  expect(dead).toMatchObject({ state: "failed", attempt: 1, error: { code: "invalid_input" } });
  expect(await ingest.ended(body.upload.uploadId)).toMatchObject({ unchanged: items.length });
});

test("a storage that cannot be read is tried again, and the attempt is counted", async () => {
  const { uploadId } = await ingested();
  const path = await pathOfReceived(uploadId);
  await rename(path, `${path}.away`);
  await mkdir(path);
  await replay(uploadId);
  await vi.waitFor(
    async () => expect((await ingest.readUpload(uploadId)).error?.message).toBeTruthy(),
    { timeout: 20_000 },
  );
  await rm(path, { recursive: true });
  await rename(`${path}.away`, path);
  expect(await ingest.ended(uploadId)).toMatchObject({ state: "done", error: null });
  expect((await ingest.readUpload(uploadId)).attempt).toBeGreaterThan(1);
});

test("the last attempt makes a dead letter, which is listed and can be replayed", async () => {
  const { uploadId, sessionId } = await ingested();
  const path = await pathOfReceived(uploadId);
  await rename(path, `${path}.away`);
  await mkdir(path);
  await replay(uploadId);
  await vi.waitFor(
    async () => {
      // Its earlier attempts are not what is looked at here.
      await sql()`update uploads set attempt = 4, retry_at = null where id = ${uploadId} and state = 'queued'`;
      await sql()`update pgboss.job set start_after = now() where name = 'ingest-upload' and state = 'created'`;
      expect((await ingest.readUpload(uploadId)).state).toBe("failed");
    },
    { timeout: 20_000 },
  );
  const dead = await ingest.ask("GET", "/api/v1/uploads?state=failed");
  expect(dead.body.uploads).toContainEqual(expect.objectContaining({ uploadId, sessionId }));
  await rm(path, { recursive: true });
  await rename(`${path}.away`, path);
  await replay(uploadId);
  expect(await ingest.ended(uploadId)).toMatchObject({ state: "done", attempt: 1 });
});

const testDatabase = () => ({
  database: ingest.services().database,
  url: ingest.web().server.databaseUrl,
});

test("a session that is deleted while an upload runs takes all of it along", async () => {
  const sessionId = ingest.newSessionId();
  const block = await blockStatement(testDatabase(), {
    table: "items",
    event: "insert",
    when: `new.session_id = '${sessionId}' and new.part_id = 'prt_2000'`,
  });
  const { body } = await ingest.push(sessionId, text);
  await block.reached();
  const deleted = ingest.ask("DELETE", `/api/v1/sessions/${sessionId}`);
  await block.lift();
  expect((await deleted).status).toBe(204);
  await vi.waitFor(async () => {
    const left = await sql()`
      select 1 from items where session_id = ${sessionId}
      union all select 1 from uploads where session_id = ${sessionId}
      union all select 1 from blobs where session_id = ${sessionId} and state <> 'deleting'`;
    expect(left).toHaveLength(0);
  });
  expect((await ingest.ask("GET", `/api/v1/uploads/${body.upload.uploadId}`)).status).toBe(410);
});

test("a session that is deleted while bytes arrive answers that it is gone", async () => {
  const sessionId = ingest.newSessionId();
  const slow = async function* () {
    yield Buffer.from(text.slice(0, 1_200_000));
    const remove = () => ingest.ask("DELETE", `/api/v1/sessions/${sessionId}`);
    await vi.waitFor(async () => expect((await remove()).status).toBe(204), { timeout: 20_000 });
    yield Buffer.from(text.slice(1_200_000));
  };
  const answer = await ingest.pushStream(sessionId, slow());
  expect(answer.status).toBe(410);
  expect(await sql()`select 1 from uploads where session_id = ${sessionId}`).toHaveLength(0);
});

test("an upload that waits when its session is deleted never comes back in the next generation", async () => {
  const sessionId = ingest.newSessionId();
  const block = await blockStatement(testDatabase(), {
    table: "uploads",
    event: "update",
    when: `new.state = 'running' and new.session_id = '${sessionId}'`,
  });
  await ingest.push(sessionId, text);
  await block.reached();
  const deleted = ingest.ask("DELETE", `/api/v1/sessions/${sessionId}`);
  await block.lift();
  expect((await deleted).status).toBe(204);
  await ingest.ask("POST", "/api/v1/sessions", { body: JSON.stringify({ sessionId }) });
  const { body } = await ingest.push(sessionId, JSON.stringify({ data: [part(1)] }));
  expect(body.upload).toMatchObject({ state: "done", stored: 1 });
  expect(await ingest.storedItems(sessionId)).toHaveLength(1);
});
