import { afterEach, expect, test } from "vitest";
import { chunksOf } from "#server/blobs/testing/chunks-of.ts";
import { useIngest } from "#server/ingest/testing/use-ingest.ts";
import { createBatch } from "./create-batch.ts";
import { listItems, listMarkers, readBatch, requireBatch } from "./read-batches.ts";
import { receiveLines } from "./receive-lines.ts";
import { owner } from "#server/sessions/testing/test-server.ts";
import { storeLines } from "./store-lines.ts";
import { expectTrueCounts } from "./testing/recount.ts";
import { sendCut } from "./testing/send-cut.ts";
import { createRandom } from "#lib/testing/create-random.ts";
import { importLines, sha256, shuffle } from "./testing/shuffled-lines.ts";

const LINE_MAX_BYTES = 20_000;

const server = useIngest({
  isIdle: true,
  environment: { BATCH_LINE_MAX_BYTES: String(LINE_MAX_BYTES) },
});

afterEach(() => expectTrueCounts(server.services().database));

async function newBatch(expectedCount: number): Promise<string> {
  const asked = { kind: "import" as const, expectedCount, defaults: {} };
  return (await createBatch(server.services(), owner, asked)).batchId;
}

function send(batchId: string, lines: readonly string[], cutAt: number | null = null) {
  const { url, cookie } = server.web();
  return sendCut({ url, cookie, batchId, body: Buffer.from(lines.join("\n"), "latin1"), cutAt });
}

test("lines that come three times at once, shuffled and cut off, are there once and in order", async () => {
  const lines = importLines(2_000);
  const batchId = await newBatch(lines.length);
  const { url, cookie } = server.web();
  const seed = Date.now();
  console.log(`seed ${seed}`);
  const sendAll = async (sender: number) => {
    const random = createRandom(seed + sender);
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const body = Buffer.from(shuffle(lines, random).join("\n"));
      const cutAt = attempt < 5 ? Math.floor(random() * body.byteLength) : null;
      const answer = await sendCut({ url, cookie, batchId, body, cutAt });
      if (cutAt === null) return answer;
    }
    return null;
  };
  const answers = await Promise.all([0, 1, 2].map(sendAll));
  expect(answers.every((answer) => answer?.sealed === true)).toBe(true);
  for (const answer of answers) {
    expect((answer?.accepted ?? 0) + (answer?.deduplicated ?? 0)).toBe(lines.length);
    expect(answer).toMatchObject({ conflictCount: 0, refusedCount: 0, missing: [] });
  }
  const stored: string[] = [];
  const { database } = server.services();
  for (let page = 0; page < 2; page += 1) {
    const items = await listItems(database, batchId, {
      state: "queued",
      after: page * 1_000 - 1,
      limit: 1_000,
    });
    stored.push(...items.map((item) => item.sha256));
  }
  expect(stored).toEqual(lines.map(sha256));
}, 120_000);

/** Twelve ways in which the line of an index can be wrong, and whether its index can still be read. */
const faults: [make: (index: number) => string, fault: string, isIndexKnown: boolean][] = [
  [(index) => `{"index":${index},"data":[}`, "not_json", true],
  [(index) => `{"index":${index},"data":["cut`, "not_json", true],
  [(index) => `rubbish ${index}`, "not_json", false],
  [(index) => `{"index":${index},"data":["\xff"]}`, "not_utf8", true],
  [(index) => `{"data":["\xc3("],"index":${index}}`, "not_utf8", true],
  [(index) => `[${index}]`, "not_object", false],
  [(index) => `{"index":-${index},"data":[]}`, "bad_index", false],
  [(index) => `{"index":${index}.5,"data":[]}`, "bad_index", false],
  [(index) => `{"index":${index}}`, "invalid", true],
  [(index) => `{"index":${index},"upload":7}`, "invalid", true],
  [(index) => `{"index":${index},"data":["${"x".repeat(LINE_MAX_BYTES)}"]}`, "too_large", true],
  [(index) => `{"data":["${"x".repeat(LINE_MAX_BYTES)}"],"index":${index}}`, "too_large", true],
];

test("a fifth of 10,000 lines is bad in twelve ways: all good ones are stored, all others named", async () => {
  const count = 10_000;
  const good = importLines(count).map((line) => Buffer.from(line).toString("latin1"));
  const bad = new Map<number, (typeof faults)[number]>();
  const lines = good.map((line, index) => {
    const fault = faults[(index / 5) % faults.length];
    if (index % 5 !== 0 || !fault || index === 0) return line;
    bad.set(index, fault);
    return fault[0](index);
  });
  const batchId = await newBatch(count);
  const received = await send(batchId, lines);
  expect(received).toMatchObject({ accepted: count - bad.size, refusedCount: bad.size });

  const { database } = server.services();
  const failed = await listAll((after) =>
    listItems(database, batchId, { state: "failed", after, limit: 1_000 }),
  );
  const known = [...bad].filter(([, [, , isIndexKnown]]) => isIndexKnown);
  expect(failed.map(({ index, fault }) => [index, fault])).toEqual(
    known.map(([index, [, fault]]) => [index, fault]),
  );
  expect(failed.every(({ reason }) => reason !== null && reason.length > 10)).toBe(true);

  const markers = await listMarkers(database, batchId, { limit: 1_000 });
  const unknown = [...bad].filter(([, [, , isIndexKnown]]) => !isIndexKnown);
  expect(markers.map(({ position, fault }) => [position, fault])).toEqual(
    unknown.map(([index, [, fault]]) => [index, fault]),
  );
  const { counts, state } = await readBatch(database, batchId);
  expect(counts).toMatchObject({ queued: count - bad.size, failed: known.length });
  // What cannot be read belongs nowhere: its index is missing, and its batch waits for it.
  expect(state).toBe("open");
  expect(received?.missing).toEqual(unknown.map(([index]) => [index, index]));
}, 120_000);

async function listAll<Item extends { index: number }>(
  list: (after: number) => Promise<Item[]>,
): Promise<Item[]> {
  const all: Item[] = [];
  for (let page = await list(-1); page.length > 0; page = await list(page.at(-1)?.index ?? 0))
    all.push(...page);
  return all;
}

test("a line that is too long takes its place only where no line says its index", async () => {
  const long = `{"data":["${"x".repeat(LINE_MAX_BYTES)}`;
  const placed = await newBatch(2);
  expect(await send(placed, ['{"data":[]}', long])).toMatchObject({ oversized: 1, sealed: true });
  const stated = await newBatch(2);
  expect(await send(stated, ['{"index":0,"data":[]}', long])).toMatchObject({
    oversized: 1,
    sealed: false,
    missing: [[1, 1]],
  });
});

test.each([1, 7, 64, 100_000])(
  "of lines with one index the first that can be read counts, in chunks of %i bytes",
  async (chunkBytes) => {
    const lines = [
      '{"index":0,"data":[}',
      '{"index":0,"data":[]}',
      '{"index":0,"data":[]}',
      '{"index":0,"data":[],"n":1}',
      '{"index":0,"data":[',
      ...importLines(300),
    ];
    const batchId = await newBatch(300);
    const { database } = server.services();
    const batch = await requireBatch(database, owner, { batchId, action: "fill" });
    const received = await receiveLines(server.services(), batch, {
      body: chunksOf(Buffer.from(lines.join("\n")), chunkBytes),
      encoding: "identity",
      isStrict: false,
      firstIndex: 0,
    });
    const first = sha256(lines[1] ?? "");
    expect(received).toMatchObject({
      accepted: 300,
      deduplicated: 1,
      conflictCount: 2,
      conflicts: [{ storedSha256: first }, { storedSha256: first }],
      refusedCount: 2,
      sealed: true,
    });
    const [item] = await listItems(database, batchId, { state: null, after: -1, limit: 1 });
    expect(item).toMatchObject({ sha256: first, state: "queued", fault: null });
    expect(await readBatch(database, batchId)).toMatchObject({ conflictCount: 1 });
  },
);

test("conflicts that are known change nothing of their batch when they come again", async () => {
  const batchId = await newBatch(9);
  const { sql } = server.services().database;
  const store = async (body: string) => {
    const bytes = Buffer.byteLength(body);
    const place = { position: 0, number: 1, offset: 0, isIndexStated: true, index: 0 };
    const where = { body, blobId: null, uploadId: null, fault: null };
    const line = { ...place, ...where, sha256: sha256(body), bytes };
    const [result] = await storeLines(server.services(), batchId, [line]);
    const [row] = await sql<{ version: string }[]>`
      select xmin::text as version from batches where id = ${batchId}`;
    return { outcome: result?.outcome, version: row?.version };
  };
  expect(await store('{"data":[]}')).toMatchObject({ outcome: "accepted" });
  const noted = await store('{"data":[1]}');
  expect(noted.outcome).toBe("conflict");
  expect(await store('{"data":[1]}')).toEqual(noted);
});

test("in strict mode a line that is too long ends the request only where its index is out of range", async () => {
  const { database } = server.services();
  const long = (index: number) => `{"index":${index},"data":["${"x".repeat(LINE_MAX_BYTES)}"]}`;
  const good = (index: number) => `{"index":${index},"data":[]}`;
  const sendStrictly = async (batchId: string, lines: string[]) => {
    const batch = await requireBatch(database, owner, { batchId, action: "fill" });
    const body = chunksOf(Buffer.from(lines.join("\n")), 1_000);
    const incoming = { encoding: "identity" as const, isStrict: true, firstIndex: 0 };
    return receiveLines(server.services(), batch, { ...incoming, body });
  };
  const refused = await newBatch(3);
  await expect(sendStrictly(refused, [good(0), long(3), good(1)])).rejects.toMatchObject({
    code: "invalid_input",
    details: { line: 2, index: 3, fault: "too_large" },
  });
  expect(await readBatch(database, refused)).toMatchObject({ received: 1, state: "open" });
  const taken = await newBatch(3);
  expect(await sendStrictly(taken, [good(0), long(2), good(1)])).toMatchObject({
    accepted: 2,
    oversized: 1,
    sealed: true,
  });
});

test("what half of the lines brought and what all of them bring adds up to all", async () => {
  const lines = importLines(600).map((line) => Buffer.from(line).toString("latin1"));
  const batchId = await newBatch(600);
  expect(
    await send(
      batchId,
      lines.filter((_, index) => index % 2 === 1),
    ),
  ).toMatchObject({
    accepted: 300,
    deduplicated: 0,
    sealed: false,
  });
  expect(await send(batchId, lines)).toMatchObject({
    accepted: 300,
    deduplicated: 300,
    received: 600,
    sealed: true,
    missing: [],
  });
});
