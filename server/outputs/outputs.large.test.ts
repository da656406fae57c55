import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createSessionId } from "#lib/ids.ts";
import { createFsBlobStore } from "#server/blobs/fs-blob-store.ts";
import { openBlob } from "#server/blobs/open-blob.ts";
import { sweepBlobs } from "#server/blobs/sweep-blobs.ts";
import { startChild, type TestChild } from "#server/database/testing/children.ts";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import { forgetPeak, readPeakBytes } from "#server/ingest/testing/peak-memory.ts";
import { findDisorder, NUMBERED_CHUNK_BYTES } from "./testing/numbered-chunk.ts";
import type { OutputChildAnswer } from "./testing/output-child.ts";

/** `OUTPUT_TEST_BYTES` sends less where the disk is small. */
const WHOLE_BYTES = Number(process.env["OUTPUT_TEST_BYTES"] ?? 5_368_709_120);
const GROWTH_MAX_BYTES = 100 * 1024 * 1024;
const KILLS = 10;
const KILLED_BYTES = 200 * 1024 * 1024;
const seed = Number(process.env["KILL_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

let testDatabase: TestDatabase;
let dataDir: string;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), "millrace-outputs-"));
});
afterAll(async () => {
  await testDatabase.drop();
  await rm(dataDir, { recursive: true, force: true });
});

type Child = TestChild<OutputChildAnswer>;

const startJob = (sessionId: string, bytes: number): Promise<Child> =>
  startChild<OutputChildAnswer>({
    file: "../../outputs/testing/output-child.ts",
    args: [testDatabase.url, dataDir, sessionId, String(bytes)],
  });

async function createSession(): Promise<string> {
  const sessionId = createSessionId();
  const { sql } = testDatabase.database;
  await sql`insert into teams (id, name) values ('team', 'Team') on conflict do nothing`;
  await sql`insert into users (id, name) values ('user', 'User') on conflict do nothing`;
  const [owner] = await sql<{ teamId: string; userId: string }[]>`
    select team_id as "teamId", user_id as "userId" from memberships limit 1`;
  await sql`
    insert into sessions (
      id, team_id, owner_id, status, title, title_source, setup_commands, environment
    ) values (
      ${sessionId}, ${owner?.teamId ?? "team"}, ${owner?.userId ?? "user"}, 'working', 'Large',
      'prompt', '[]', '{}'
    )`;
  return sessionId;
}

interface StoredOutput {
  id: string;
  state: string;
  bytes: number;
  sha256: string | null;
  blobId: string;
}

async function findOutput({ executionId }: OutputChildAnswer): Promise<StoredOutput | undefined> {
  const [row] = await testDatabase.database.sql<StoredOutput[]>`
    select o.id, o.state, b.bytes::float8 as bytes, o.sha256, o.blob_id as "blobId"
    from outputs o join blobs b on b.id = o.blob_id where o.execution_id = ${executionId}`;
  return row;
}

const reach = (answer: OutputChildAnswer, bytes: number) =>
  vi.waitFor(
    async () => {
      const output = await findOutput(answer);
      expect(output?.bytes).toBeGreaterThanOrEqual(bytes);
      return output!;
    },
    { timeout: 500_000, interval: 20 },
  );

test("gigabytes go out of a port in little memory, and can be read before they are all there", async () => {
  // Makes the owner of its session.
  await (await startJob(createSessionId(), 0)).end();
  const child = await startJob(await createSession(), WHOLE_BYTES);
  const { url, cookie } = child.answer;
  const beforeBytes = await forgetPeak(child.pid);
  const beganMs = performance.now();
  process.kill(child.pid, "SIGUSR2");

  const { id } = await reach(child.answer, 64 * NUMBERED_CHUNK_BYTES);
  const address = `${url}/api/v1/outputs/${id}`;
  const start = 20 * NUMBERED_CHUNK_BYTES;
  const range = `bytes=${start}-${start + 3}`;
  const part = await fetch(address, { headers: { cookie, range } });
  expect([part.status, part.headers.get("x-output-state")]).toEqual([206, "writing"]);
  expect(Buffer.from(await part.arrayBuffer()).readUInt32BE()).toBe(20);

  const output = await vi.waitFor(
    async () => {
      const found = await findOutput(child.answer);
      expect(found?.state).toBe("complete");
      return found!;
    },
    { timeout: 500_000, interval: 100 },
  );
  const seconds = (performance.now() - beganMs) / 1_000;
  const growth = (await readPeakBytes(child.pid)) - beforeBytes;
  console.log(
    `${(WHOLE_BYTES / 1e6 / seconds).toFixed(0)} MB/s, grew by ${(growth / 1e6).toFixed(0)} MB`,
  );
  expect(growth).toBeLessThan(GROWTH_MAX_BYTES);
  expect(output.bytes).toBe(WHOLE_BYTES);

  const whole = await fetch(address, { headers: { cookie } });
  const hash = createHash("sha256");
  const hashed = async function* () {
    for await (const chunk of whole.body as unknown as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      yield chunk;
    }
  };
  expect(await findDisorder(hashed())).toBeNull();
  expect(hash.digest("hex")).toBe(output.sha256);
  await child.end();
});

test(`a worker that is killed leaves the start of its output, whole and marked (KILL_SEED=${seed})`, async () => {
  const { database } = testDatabase;
  const blobs = createFsBlobStore({ rootPath: join(dataDir, "blobs") });
  let state = seed;
  const random = () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32;
  const killed: { answer: OutputChildAnswer; seenBytes: number }[] = [];
  for (let n = 0; n < KILLS; n += 1) {
    const child = await startJob(await createSession(), KILLED_BYTES);
    process.kill(child.pid, "SIGUSR2");
    const { bytes } = await reach(child.answer, Math.floor(random() * KILLED_BYTES * 0.9));
    await child.kill();
    killed.push({ answer: child.answer, seenBytes: bytes });
  }
  // Buries the last of them, as each has buried the one before it.
  await (await startJob(createSessionId(), 0)).end();

  for (const { answer, seenBytes } of killed) {
    const output = await findOutput(answer);
    expect(output).toMatchObject({ state: "incomplete", sha256: null });
    expect(output?.bytes).toBeGreaterThanOrEqual(seenBytes);
    const { stream, totalBytes } = await openBlob({ database, blobs }, output!.blobId);
    expect(await findDisorder(stream)).toBeNull();
    expect(totalBytes).toBe(output?.bytes);
  }
  await database.sql`update blobs set lease_until = now() - interval '1 hour'`;
  await sweepBlobs({ database, blobs }, { graceMs: 0 });
  const rows = await database.sql<{ key: string }[]>`select key from blob_segments`;
  const known = new Set(rows.map(({ key }) => key));
  const stored: string[] = [];
  for await (const { key } of blobs.list()) stored.push(key);
  expect(stored.filter((key) => !known.has(key))).toEqual([]);
  expect(stored).toHaveLength(known.size);
  for await (const unfinished of blobs.listUnfinished()) expect(unfinished).toBeNull();
  for (const { answer } of killed)
    expect(await findOutput(answer)).toMatchObject({ state: "incomplete" });
});
