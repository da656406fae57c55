import { expect, test } from "vitest";
import { owner } from "#server/sessions/testing/test-server.ts";
import { acceptPush } from "./accept-push.ts";
import type { AcceptedUpload, UploadHead } from "./accept-upload.ts";
import { takeUploadIn } from "./receive-upload.ts";
import { blockStatement } from "./testing/block-statement.ts";
import { part, useIngest } from "./testing/use-ingest.ts";

const ingest = useIngest();
const small = JSON.stringify([part(1), part(2)]);

const head = (idempotencyKey: string | null): UploadHead => ({
  way: "stream",
  name: null,
  encoding: "identity",
  announcedBytes: null,
  idempotencyKey,
});

async function accept(sessionId: string, key: string): Promise<AcceptedUpload> {
  const push = { sessionId, head: head(key) };
  const acceptance = await acceptPush(ingest.services(), owner, push);
  if (acceptance.isRepeat) throw new Error("It was there already");
  return acceptance.upload;
}

async function* bodyOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

const take = (upload: AcceptedUpload, text: string) =>
  takeUploadIn(ingest.services(), upload, { head: head(null), body: bodyOf(text) });

const findSession = (sessionId: string) =>
  ingest.services().database.sql`select 1 from sessions where id = ${sessionId}`;

test("a push that is refused makes no session", async () => {
  const headers = { "idempotency-key": "elsewhere" };
  expect((await ingest.push(ingest.newSessionId(), small, headers)).status).toBe(200);
  const sessionId = ingest.newSessionId();
  expect((await ingest.push(sessionId, small, headers)).status).toBe(409);
  expect(await findSession(sessionId)).toHaveLength(0);
});

test("nobody sees a session before the upload that makes it", async () => {
  const sessionId = ingest.newSessionId();
  const block = await blockStatement(
    { database: ingest.services().database, url: ingest.web().server.databaseUrl },
    { table: "uploads", event: "insert", when: `new.session_id = '${sessionId}'` },
  );
  const pushed = ingest.push(sessionId, small);
  await block.reached();
  expect(await findSession(sessionId)).toHaveLength(0);
  await block.lift();
  expect((await pushed).status).toBe(200);
  expect(await findSession(sessionId)).toHaveLength(1);
});

test("of two pushes with one key at one time, one makes its session, the other is a conflict", async () => {
  const ids = [ingest.newSessionId(), ingest.newSessionId()];
  const headers = { "idempotency-key": "both" };
  const answers = await Promise.all(ids.map((id) => ingest.push(id, small, headers)));
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  for (const [n, id] of ids.entries())
    expect(await findSession(id)).toHaveLength(answers[n]?.status === 200 ? 1 : 0);
});

test("a request that another one has replaced removes nothing of it", async () => {
  const sessionId = ingest.newSessionId();
  const first = await accept(sessionId, "again");
  // As whoever buries the process of the first request does.
  await ingest.services().database.sql`
    update uploads set state = 'failed', error_code = 'unavailable', error_message = 'buried', process_id = null
    where id = ${first.uploadId}`;
  const second = await accept(sessionId, "again");
  expect(second.uploadId).toBe(first.uploadId);
  await expect(take(first, "{broken")).rejects.toMatchObject({ code: "invalid_input" });
  expect((await take(second, small)).upload).toMatchObject({ state: "done", stored: 2 });
});
