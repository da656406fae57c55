import { expect, test } from "vitest";
import { STREAM_PRODUCERS_MAX, TEAM_STREAMS_MAX } from "#lib/limits.ts";
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

/** Sends what it is told to, and stays open. */
function sending(path: string, at = streams.web) {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
  return {
    answer: call(`POST ${path}`, { headers, body }, at),
    send: (count: number) => controller.enqueue(bytes(count)),
    end: () => controller.close(),
  };
}

async function reserved(): Promise<number> {
  const [row] = await sql()`
    select coalesce(sum(bytes), 0)::float8 as bytes from stream_reservations`;
  return row!["bytes"] as number;
}

test("what is on its way counts: of many large appends none is stored beyond the quota", async () => {
  const path = await make();
  const before = await streams.storedKeys();
  const first = sending(path);
  first.send(3_000_000);
  await expect.poll(reserved, { timeout: 20_000 }).toBeGreaterThanOrEqual(3_000_000);
  const second = sending(path, streams.peer);
  second.send(1_500_000);
  second.end();
  expect((await second.answer).status).toBe(413);
  expect((await append(path, bytes(1_048_000))).status).toBe(413);
  expect((await append(path, bytes(300_000))).status).toBe(204);
  expect(await used()).toBe(300_000);
  first.send(500_000);
  first.end();
  expect((await first.answer).status).toBe(204);
  expect([await used(), await reserved()]).toEqual([3_800_000, 0]);
  await remove(path);
  expect(await streams.storedKeys()).toEqual(before);
});

test("an append that breaks off leaves no bytes, and gives its room back", async () => {
  const path = await make();
  const before = await streams.storedKeys();
  const gone = new AbortController();
  let isSent = false;
  const body = new ReadableStream({
    pull(controller) {
      if (!isSent) controller.enqueue(bytes(2_000_000));
      isSent = true;
    },
  });
  const answer = call(`POST ${path}`, { headers, body, signal: gone.signal });
  await expect.poll(reserved, { timeout: 20_000 }).toBeGreaterThan(0);
  gone.abort();
  await expect(answer).rejects.toThrow("aborted");
  await expect.poll(reserved, { timeout: 20_000 }).toBe(0);
  expect(await streams.storedKeys()).toEqual(before);
  await remove(path);
});

test("a process that dies takes what its appends had reserved with it", async () => {
  const [team] = await sql()`select id from teams limit 1`;
  await sql()`
    insert into processes (id, host_id, lock_key, roles) values ('gone', 'here', 1, 'web')`;
  await sql()`
    insert into stream_reservations (team_id, process_id, bytes)
    values (${team!["id"]}, 'gone', ${QUOTA_BYTES})`;
  const path = await make();
  expect((await append(path, "x")).status).toBe(413);
  await sql()`delete from processes where id = 'gone'`;
  expect((await append(path, "x")).status).toBe(204);
  await remove(path);
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

test("streams of a team, and producers of a stream, are counted where no bytes are", async () => {
  const path = await make("x");
  await sql()`
    insert into streams (id, team_id, path, content_type)
    select 'str_' || n, team_id, 'many/' || n, content_type
    from generate_series(2, ${TEAM_STREAMS_MAX}) n, streams where path = ${path}`;
  const refused = await call("PUT test/one-more", { headers });
  expect(refused.status).toBe(413);
  expect(await refused.text()).toContain(`at most ${TEAM_STREAMS_MAX} streams`);
  await sql()`delete from streams where path like 'many/%'`;
  expect((await call("PUT test/one-more", { headers })).status).toBe(201);

  await sql()`
    insert into stream_producers (stream_id, producer_id, epoch, last_seq)
    select id, 'producer-' || n, 0, 0
    from generate_series(2, ${STREAM_PRODUCERS_MAX}) n, streams where path = ${path}`;
  const by = (id: string) => ({ "producer-id": id, "producer-epoch": "0", "producer-seq": "0" });
  expect((await append(path, "y", by("first"))).status).toBe(200);
  expect((await append(path, "y", by("second"))).status).toBe(413);
  const next = { ...by("first"), "producer-seq": "1" };
  expect((await append(path, "y", next)).status).toBe(200);
  await remove(path, "test/one-more");
});
