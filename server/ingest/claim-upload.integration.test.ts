import { afterEach, expect, test } from "vitest";
import { localOwner } from "#server/accounts/local-owner.ts";
import { claimUpload } from "./claim-upload.ts";
import { useIngest } from "./testing/use-ingest.ts";

const ingest = useIngest({ isIdle: true });
const sql = () => ingest.services().database.sql;
let lastId = 0;

afterEach(async () => {
  await sql()`delete from uploads`;
});

async function addOwner(name: string): Promise<string> {
  await sql()`insert into users (id, name) values (${name}, ${name}) on conflict do nothing`;
  return name;
}

async function addSession(): Promise<string> {
  const sessionId = ingest.newSessionId();
  await ingest.ask("POST", "/api/v1/sessions", { body: JSON.stringify({ sessionId }) });
  return sessionId;
}

/** An upload that waits; its id names it in the order of being accepted. */
async function addUpload(ownerId: string, sessionId: string, retryInSeconds = 0): Promise<string> {
  lastId += 1;
  const id = `upl_${String(lastId).padStart(6, "0")}`;
  await sql()`
    insert into uploads (id, session_id, generation, owner_id, received, state, way, encoding, retry_at)
    values (${id}, ${sessionId}, 1, ${ownerId}, ${lastId}, 'queued', 'stream', 'identity',
      now() + ${retryInSeconds} * interval '1 second')`;
  return id;
}

async function claimAll(): Promise<(string | undefined)[]> {
  const claimed: (string | undefined)[] = [];
  for (;;) {
    const upload = await claimUpload(ingest.services());
    if (upload === null) return claimed;
    claimed.push(upload.uploadId);
    await sql()`update uploads set state = 'done' where id = ${upload.uploadId}`;
  }
}

test("people take turns, however much one of them sends", async () => {
  const [one, two] = await Promise.all([addSession(), addSession()]);
  const other = await addOwner("usr_other");
  const many = [];
  for (let n = 0; n < 4; n += 1) many.push(await addUpload(localOwner.userId, one));
  const few = await addUpload(other, two);
  const order = await claimAll();
  expect(order).toHaveLength(5);
  expect(order.indexOf(few)).toBeLessThanOrEqual(1);
  expect(order.filter((id) => id !== few)).toEqual(many);
});

test("whoever has something at work waits for those who have nothing", async () => {
  const [one, two] = await Promise.all([addSession(), addSession()]);
  const other = await addOwner("usr_other");
  await addUpload(localOwner.userId, one);
  await claimUpload(ingest.services());
  const second = await addUpload(localOwner.userId, one);
  const first = await addUpload(other, two);
  expect((await claimUpload(ingest.services()))?.uploadId).toBe(first);
  expect((await claimUpload(ingest.services()))?.uploadId).toBe(second);
});

test("the sessions of one person take turns, oldest upload first in each", async () => {
  const [one = "", two = ""] = (await Promise.all([addSession(), addSession()])).toSorted();
  const a = [
    await addUpload(localOwner.userId, one),
    await addUpload(localOwner.userId, one),
    await addUpload(localOwner.userId, one),
  ];
  const b = [await addUpload(localOwner.userId, two), await addUpload(localOwner.userId, two)];
  expect(await claimAll()).toEqual([a[0], b[0], a[1], b[1], a[2]]);
});

test("an upload that waits for its next attempt holds up nobody", async () => {
  const session = await addSession();
  const later = await addUpload(localOwner.userId, session, 3_600);
  const now = await addUpload(localOwner.userId, session);
  expect(await claimAll()).toEqual([now]);
  await sql()`update uploads set retry_at = now() where id = ${later}`;
  expect(await claimAll()).toEqual([later]);
});

test("many who choose at one time choose different uploads", async () => {
  const session = await addSession();
  const ids = [];
  for (let n = 0; n < 5; n += 1) ids.push(await addUpload(localOwner.userId, session));
  const claims = await Promise.all(Array.from({ length: 8 }, () => claimUpload(ingest.services())));
  const claimed = claims.flatMap((claim) => claim?.uploadId ?? []);
  expect(claimed.toSorted()).toEqual(ids);
});
