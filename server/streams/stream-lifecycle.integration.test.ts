import { expect, test } from "vitest";
import { sweepBlobs } from "#server/blobs/sweep-blobs.ts";
import { useStreams } from "./testing/use-streams.ts";
import { tidyStreams } from "./tidy-streams.ts";

const streams = useStreams();
const { call, make, readAll } = streams;
const text = { "content-type": "text/plain" };

const sql = (...query: [TemplateStringsArray, ...(string | number)[]]) =>
  streams.web.server.services.database.sql(...query);
const tidy = () => tidyStreams(streams.web.server.services);
/** Everything that may be swept is. */
const sweep = async () => {
  await sql`update blobs set lease_until = now() - interval '1 hour'`;
  await sweepBlobs(streams.web.server.services, { graceMs: 0 });
};
const large = (letter: string) => Buffer.alloc(2 * 1024 * 1024, letter);
const append = (path: string, body: string | Buffer) =>
  call(`POST ${path}`, { headers: text, body: body as BodyInit });
const fork = (path: string, headers: Record<string, string> = {}) =>
  make(undefined, { "stream-forked-from": `/${path}`, ...headers });
const status = async (line: string) => (await call(line)).status;

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
const expire = (path: string) =>
  sql`update streams set expires_at = now() - interval '1 second' where path = ${path}`;

/** Blobs of streams, and segments in the store, once what is made in the background is made. */
async function stored() {
  const keys = await streams.storedKeys();
  const [row] = await sql`
    select count(*)::int as blobs from blobs where purpose = 'stream' and state <> 'deleting'`;
  return { blobs: (row as { blobs: number }).blobs, keys: keys.length };
}

test("a deleted stream takes its bytes with it, rows and segments", async () => {
  const before = await stored();
  const path = await make("small");
  await append(path, large("a"));
  await append(path, "small");
  expect(await stored()).not.toEqual(before);
  expect(await status(`DELETE ${path}`)).toBe(204);
  expect(await stored()).toEqual(before);
  expect(await status(`GET ${path}`)).toBe(404);
});

test("a fork has no bytes of its own until it is written to, and outlives its source", async () => {
  const path = await make("shared ");
  await append(path, large("b"));
  const before = await stored();
  const forked = await fork(path);
  expect(await stored()).toEqual(before);
  await append(path, " of the source");
  await append(forked, " of the fork");
  expect(await status(`DELETE ${path}`)).toBe(204);
  await tidy();
  await sweep();
  const expected = Buffer.concat([Buffer.from("shared "), large("b"), Buffer.from(" of the fork")]);
  expect((await readAll(forked)).equals(expected)).toBe(true);
  expect([await status(`GET ${path}`), await status(`DELETE ${path}`)]).toEqual([410, 410]);
  expect(await status(`DELETE ${forked}`)).toBe(204);
  expect(await status(`GET ${path}`)).toBe(404);
});

test("forks of one moment of a stream that is still written keep apart", async () => {
  const path = await make("a");
  const first = await fork(path);
  await append(path, "b");
  const second = await fork(path);
  await Promise.all([append(path, "c"), append(first, "x"), append(second, "y")]);
  expect((await readAll(first)).toString()).toBe("ax");
  expect(await status(`DELETE ${first}`)).toBe(204);
  expect((await readAll(path)).toString()).toBe("abc");
  expect((await readAll(second)).toString()).toBe("aby");
});

test("deleting and forking at one time: the fork is whole, or there is none", async () => {
  for (let round = 0; round < 8; round += 1) {
    const path = await make(`round ${round}`);
    const target = `test/raced-fork-${round}`;
    const headers = { "stream-forked-from": `/${path}` };
    const [deleted, forked] = await Promise.all([
      call(`DELETE ${path}`, {}, streams.peer),
      call(`PUT ${target}`, { headers }),
    ]);
    expect(deleted?.status).toBe(204);
    expect([201, 404]).toContain(forked?.status);
    if (forked?.status === 201) expect((await readAll(target)).toString()).toBe(`round ${round}`);
    expect(await status(`GET ${path}`)).toBe(forked?.status === 201 ? 410 : 404);
  }
});

test("what has expired is removed with its bytes, and the path is free again", async () => {
  const before = await stored();
  const path = await make("x", { "stream-expires-at": inAnHour() });
  await expire(path);
  expect(await status(`HEAD ${path}`)).toBe(404);
  expect((await append(path, "y")).status).toBe(404);
  expect((await tidy()).expiredCount).toBeGreaterThan(0);
  expect(await stored()).toEqual(before);
  expect((await call(`PUT ${path}`, { headers: text, body: "new" })).status).toBe(201);
  expect((await readAll(path)).toString()).toBe("new");
});

test("an expired path is made anew before anybody has tidied", async () => {
  const path = await make("old", { "stream-expires-at": inAnHour() });
  await expire(path);
  expect(await status(`HEAD ${path}`)).toBe(404);
  expect((await call(`PUT ${path}`, { headers: text, body: "new" })).status).toBe(201);
  expect((await readAll(path)).toString()).toBe("new");
});

test("an expired fork holds its deleted source no longer", async () => {
  const path = await make("x");
  const forked = await fork(path, { "stream-expires-at": inAnHour() });
  expect(await status(`DELETE ${path}`)).toBe(204);
  expect(await status(`HEAD ${path}`)).toBe(410);
  await expire(forked);
  expect(await status(`HEAD ${forked}`)).toBe(404);
  await tidy();
  expect(await status(`HEAD ${path}`)).toBe(404);
});

test("a stream with a time to live says so, and lives as long as somebody reads", async () => {
  const path = await make("x", { "stream-ttl": "3600" });
  await sql`update streams set expires_at = now() + interval '1 minute' where path = ${path}`;
  const head = await call(`HEAD ${path}`);
  expect(head.headers.get("stream-ttl")).toBe("3600");
  expect(head.headers.has("stream-expires-at")).toBe(false);
  const left = async () => {
    const [row] = await sql`
      select extract(epoch from expires_at - now())::float8 as s from streams where path = ${path}`;
    return (row as { s: number }).s;
  };
  expect(await left()).toBeLessThan(61);
  await call(`GET ${path}`);
  expect(await left()).toBeGreaterThan(3_590);
});

test("closing makes a segment of what is in rows; what a dead process left, tidying does", async () => {
  const path = await make("text");
  const states = async () =>
    (
      await sql`
        select b.state from blobs b join stream_parts p on p.blob_id = b.id
        join streams s on s.id = p.stream_id where s.path = ${path}`
    ).map((row) => (row as { state: string }).state);
  await call(`POST ${path}`, { headers: { "stream-closed": "true" } });
  await streams.storedKeys();
  expect(await states()).toEqual(["complete"]);

  const left = await make("left");
  await sql`update streams set open_blob_id = null where path = ${left}`;
  expect((await tidy()).foldedCount).toBe(1);
  await append(left, " behind");
  expect((await readAll(left)).toString()).toBe("left behind");
});

test("the sweeper leaves what streams have, and takes what none has", async () => {
  const path = await make("kept ");
  await append(path, large("k"));
  await sql`
    insert into blobs (session_id, generation, purpose, mode, mime, state, lease_until)
    values ('', 0, 'stream', 'whole', 'a/b', 'complete', now() - interval '1 hour')`;
  const { blobs } = await stored();
  await sweep();
  expect((await stored()).blobs).toBe(blobs - 1);
  expect((await readAll(path)).byteLength).toBe(5 + large("k").byteLength);
});
