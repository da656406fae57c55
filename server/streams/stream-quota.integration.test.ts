import { expect, test } from "vitest";
import { recountUsage } from "./recount-usage.ts";
import { useStreams } from "./testing/use-streams.ts";
import { tidyStreams } from "./tidy-streams.ts";

const QUOTA_BYTES = 4_000_000;
const streams = useStreams({ TEAM_STREAMS_MAX_BYTES: String(QUOTA_BYTES) });
const { call, make, readAll } = streams;
const headers = { "content-type": "text/plain" };

const append = (path: string, body: BodyInit, more: Record<string, string> = {}) =>
  call(`POST ${path}`, { headers: { ...headers, ...more }, body });
const bytes = (count: number) => Buffer.alloc(count, "x");
const sql = () => streams.web.server.services.database.sql;

async function used(): Promise<number> {
  const [row] = await sql()`
    select coalesce(sum(bytes), 0)::float8 as bytes from stream_usage`;
  return row!["bytes"] as number;
}

const remove = async (...paths: string[]) => {
  for (const path of paths) expect((await call(`DELETE ${path}`)).status).toBe(204);
};

/** Length unknown. */
const unannounced = (count: number) =>
  new ReadableStream({
    start(controller) {
      for (let sent = 0; sent < count; sent += 100_000) controller.enqueue(bytes(100_000));
      controller.close();
    },
  });

test("what the streams of a team have no room for is refused, with the limit and what is taken", async () => {
  const path = await make(bytes(1_000_000));
  expect((await append(path, bytes(2_500_000))).status).toBe(204);
  expect(await used()).toBe(3_500_000);
  const before = await streams.storedKeys();
  const bodies = [bytes(500_001), bytes(2_000_000), unannounced(2_000_000)];
  for (const body of bodies) {
    const refused = await append(path, body);
    expect(refused.status).toBe(413);
    expect(await refused.json()).toMatchObject({
      detail: `The streams of a team may take ${QUOTA_BYTES} bytes together, and 3500000 are taken`,
    });
  }
  const made = await call("PUT test/other", { headers, body: bytes(500_001) });
  expect(made.status).toBe(413);
  expect((await call("GET test/other")).status).toBe(404);
  expect(await used()).toBe(3_500_000);
  expect((await readAll(path)).byteLength).toBe(3_500_000);
  expect(await streams.storedKeys()).toEqual(before);
  expect((await append(path, bytes(500_000))).status).toBe(204);
  expect(await used()).toBe(QUOTA_BYTES);
  await remove(path);
  expect(await used()).toBe(0);
});

test("of many at one time none goes beyond", async () => {
  const paths = await Promise.all([make(), make(), make()]);
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) => append(paths[n % 3]!, bytes(600_000))),
  );
  const count = (status: number) => answers.filter((one) => one.status === status).length;
  expect([count(204), count(413)]).toEqual([6, 6]);
  expect(await used()).toBe(3_600_000);
  await remove(...paths);
});

test("a full quota refuses no repetition, no end and no read", async () => {
  const path = await make();
  const producer = { "producer-id": "p", "producer-epoch": "0", "producer-seq": "0" };
  expect((await append(path, bytes(QUOTA_BYTES), producer)).status).toBe(200);
  expect((await append(path, bytes(QUOTA_BYTES), producer)).status).toBe(204);
  expect((await append(path, "x")).status).toBe(413);
  const closing = { "stream-closed": "true" };
  expect((await call(`POST ${path}`, { headers: closing })).status).toBe(204);
  expect((await readAll(path)).byteLength).toBe(QUOTA_BYTES);
  await remove(path);
});

test("bytes that a fork shares are counted once, and given back with the last who has them", async () => {
  const path = await make(bytes(2_000_000));
  const fork = await make(undefined, { "stream-forked-from": `/${path}` });
  await append(fork, bytes(10));
  expect(await used()).toBe(2_000_010);
  await remove(path);
  expect(await used()).toBe(2_000_010);
  await remove(fork);
  expect(await used()).toBe(0);
});

test("what expires gives back its bytes, and so does what another one takes the place of", async () => {
  const paths = [await make(bytes(1_000)), await make(bytes(100))];
  await sql()`update streams set expires_at = now() - interval '1 second'`;
  expect((await call(`PUT ${paths[1]}`, { headers, body: bytes(10) })).status).toBe(201);
  expect(await used()).toBe(1_010);
  await tidyStreams(streams.web.server.services);
  expect(await used()).toBe(10);
});

test("what a server of an older version did not count is counted, each byte once", async () => {
  const before = await used();
  const path = await make(bytes(700_000));
  const fork = await make(undefined, { "stream-forked-from": `/${path}` });
  await append(fork, bytes(300));
  for (const drift of [sql()`update stream_usage set bytes = 5`, sql()`delete from stream_usage`]) {
    await drift;
    await recountUsage(streams.web.server.services);
    expect(await used()).toBe(before + 700_300);
  }
  await remove(path, fork);
  expect(await used()).toBe(before);
});
