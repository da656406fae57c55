import { expect, test, vi } from "vitest";
import { createRandom } from "#lib/testing/create-random.ts";
import type { IngestChildAnswer } from "#server/ingest/testing/ingest-child.ts";
import { useKillTest, type NamedMoment } from "#server/ingest/testing/use-kill-test.ts";
import { log } from "#server/log.ts";
import { tidyStreams } from "./tidy-streams.ts";

const kills = useKillTest();
const startServer = () => kills.startServer("web");

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
  const database = kills.database();
  const blobs = kills.blobs();
  await vi.waitFor(async () => {
    // What was being folded when the process was killed; the live one may be folding too.
    await tidyStreams({ database, blobs, bus: { tell: () => {} }, log });
    const sealed = await database.sql`
      select from blobs where purpose = 'stream' and state = 'writing' and mode = 'append'
        and id not in (select open_blob_id from streams where open_blob_id is not null)`;
    expect(sealed).toHaveLength(0);
  }, 20_000);
  await kills.expectNoOrphans();
  expect((await readAll(target, path)).equals(expected)).toBe(true);
}

/** Between every two durable steps of appends 0 to 6. */
const moments: NamedMoment[] = [
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
    const block = await kills.block(moment);
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
