import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createFsBlobStore } from "#server/blobs/fs-blob-store.ts";
import { sweepBlobs } from "#server/blobs/sweep-blobs.ts";
import { startChild } from "#server/database/testing/children.ts";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import { blockStatement, type Moment } from "#server/ingest/testing/block-statement.ts";
import type { IngestChildAnswer } from "#server/ingest/testing/ingest-child.ts";
import { log } from "#server/log.ts";
import { tidyStreams } from "./tidy-streams.ts";

let testDatabase: TestDatabase;
let dataDir: string;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), "millrace-streams-"));
});
afterAll(async () => {
  await testDatabase.drop();
  await rm(dataDir, { recursive: true, force: true });
});

const startServer = () =>
  startChild<IngestChildAnswer>({
    file: "../../ingest/testing/ingest-child.ts",
    args: [testDatabase.url, dataDir, "web"],
  });

type Target = IngestChildAnswer;

type Asked = Omit<RequestInit, "headers"> & { headers?: Record<string, string> };

const ask = (target: Target, line: string, init: Asked = {}) => {
  const [method = "", path = ""] = line.split(" ");
  const headers = { cookie: target.cookie, "content-type": "a/b", ...init.headers };
  return fetch(`${target.url}/api/v1/streams/${path}`, { ...init, method, headers });
};

/** Some appends go into rows, some are blobs of their own, and some fill a blob so that it is folded. */
const sizes = [1, 70_000, 1_500_000, 900_000, 3, 9_000_000, 1_048_576];
const bodyOf = (seq: number) => Buffer.alloc(sizes[seq % sizes.length] ?? 1, `${seq % 10}`);

const append = (target: Target, path: string, seq: number) =>
  ask(target, `POST ${path}`, {
    headers: { "producer-id": "p", "producer-epoch": "0", "producer-seq": String(seq) },
    body: bodyOf(seq),
  });

async function readAll(target: Target, path: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let offset = "-1"; ;) {
    const answer = await ask(target, `GET ${path}?offset=${offset}`);
    expect(answer.status).toBe(200);
    pieces.push(Buffer.from(await answer.arrayBuffer()));
    offset = answer.headers.get("stream-next-offset") ?? "";
    if (answer.headers.has("stream-up-to-date")) return Buffer.concat(pieces);
  }
}

/** Nothing is lost, nothing is doubled, and the store holds what rows say and no more. */
async function expectAppends(target: Target, path: string, count: number): Promise<void> {
  const expected = Buffer.concat(Array.from({ length: count }, (_, seq) => bodyOf(seq)));
  expect((await readAll(target, path)).equals(expected)).toBe(true);
  const { database } = testDatabase;
  const blobs = createFsBlobStore({ rootPath: join(dataDir, "blobs") });
  await vi.waitFor(async () => {
    // What was being folded when the process was killed; the live one may be folding too.
    await tidyStreams({ database, blobs, bus: { tell: () => {} }, log });
    const sealed = await database.sql`
      select from blobs where purpose = 'stream' and state = 'writing' and mode = 'append'
        and id not in (select open_blob_id from streams where open_blob_id is not null)`;
    expect(sealed).toHaveLength(0);
  }, 20_000);
  await database.sql`update blobs set lease_until = now() - interval '1 hour'`;
  await sweepBlobs({ database, blobs }, { graceMs: 0 });
  const keys = await database.sql<{ key: string }[]>`select key from blob_segments order by key`;
  const stored: string[] = [];
  for await (const { key } of blobs.list()) stored.push(key);
  expect(stored.toSorted()).toEqual(keys.map(({ key }) => key));
  expect((await readAll(target, path)).equals(expected)).toBe(true);
}

/** Between every two durable steps of appends 0 to 6. */
const moments: [name: string, moment: Moment][] = [
  ["the first blob's row", { table: "blobs", event: "insert", when: "new.purpose = 'stream'" }],
  ["the first part", { table: "stream_parts", event: "insert", when: "true" }],
  ["the first bytes", { table: "blob_tail", event: "insert", when: "true" }],
  ["the stream's new end", { table: "streams", event: "update", when: "true" }],
  ["the producer's row", { table: "stream_producers", event: "insert", when: "true" }],
  ["the producer's next", { table: "stream_producers", event: "update", when: "true" }],
  ["a large append's segment", { table: "blob_segments", event: "insert", when: "true" }],
  [
    "a large append's end",
    { table: "blobs", event: "update", when: "new.mode = 'whole' and new.state = 'complete'" },
  ],
  ["a large append's part", { table: "stream_parts", event: "insert", when: "new.start > 80000" }],
  [
    "the second segment of a larger one",
    { table: "blob_segments", event: "insert", when: "new.n = 1" },
  ],
];

test.each(moments)(
  "a kill -9 before %s loses nothing and doubles nothing",
  async (name, moment) => {
    const path = `kill/${encodeURIComponent(name)}`;
    const first = await startServer();
    expect((await ask(first.answer, `PUT ${path}`)).status).toBe(201);
    const block = await blockStatement(testDatabase, moment);
    let seq = 0;
    const appending = (async () => {
      for (; seq < sizes.length; seq += 1)
        expect((await append(first.answer, path, seq)).status).toBe(200);
    })();
    await Promise.race([block.reached(), appending.then(() => expect("reached").toBe("passed"))]);
    await first.kill();
    await expect(appending).rejects.toThrow("fetch failed");
    await block.lift();

    const second = await startServer();
    for (; seq < sizes.length; seq += 1)
      expect([200, 204]).toContain((await append(second.answer, path, seq)).status);
    await expectAppends(second.answer, path, sizes.length);
    await second.end();
  },
);

/** mulberry32 */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test.each([1, 2])(
  "kills at random moments, each resumed at another process, seed %i",
  async (seed) => {
    const random = createRandom(seed);
    const path = `random/${seed}`;
    let server = await startServer();
    expect((await ask(server.answer, `PUT ${path}`)).status).toBe(201);
    let seq = 0;
    for (let kill = 0; kill < 3; kill += 1) {
      const until = seq + 2 + Math.floor(random() * 8);
      const { answer } = server;
      const dying = (async () => {
        for (; ; seq += 1) {
          if (seq === until) setTimeout(() => void server.kill(), random() * 30);
          const { status } = await append(answer, path, seq);
          expect([200, 204]).toContain(status);
        }
      })();
      await expect(dying).rejects.toBeInstanceOf(Error);
      await server.kill();
      server = await startServer();
    }
    expect([200, 204]).toContain((await append(server.answer, path, seq)).status);
    await expectAppends(server.answer, path, seq + 1);
    await server.end();
  },
);
