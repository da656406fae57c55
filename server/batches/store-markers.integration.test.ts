import { afterEach, expect, test } from "vitest";
import { useIngest } from "#server/ingest/testing/use-ingest.ts";
import { owner } from "#server/sessions/testing/test-server.ts";
import { createBatch } from "./create-batch.ts";
import { listItems, listMarkers, readBatch, requireBatch } from "./read-batches.ts";
import { receiveLines } from "./receive-lines.ts";
import { expectTrueCounts } from "./testing/recount.ts";

const server = useIngest({ isIdle: true });

afterEach(() => expectTrueCounts(server.services().database));

async function newBatch(expectedCount: number): Promise<string> {
  const asked = { kind: "import" as const, expectedCount, defaults: {} };
  return (await createBatch(server.services(), owner, asked)).batchId;
}

async function send(batchId: string, lines: readonly string[]) {
  const { database } = server.services();
  const batch = await requireBatch(database, owner, { batchId, action: "fill" });
  return receiveLines(server.services(), batch, {
    body: (async function* () {
      yield Buffer.from(lines.join("\n"));
    })(),
    encoding: "identity",
    isStrict: false,
    firstIndex: 0,
  });
}

/** What the batch has: its lines with the states they are in, and the lines that belong nowhere. */
async function read(batchId: string) {
  const { database } = server.services();
  const items = await listItems(database, batchId, { state: null, after: -1, limit: 100 });
  const markers = await listMarkers(database, batchId, { limit: 100 });
  return {
    lines: items.map(({ index, state }) => [index, state]),
    unassigned: markers.map(({ position, bytes }) => [position, bytes]),
    count: (await readBatch(database, batchId)).unassignedCount,
  };
}

const plain = '{"data":[]}';
const stating = [
  ["a readable one", '{"index":2,"data":[]}', [[2, "queued"]]],
  ["one that cannot be read", '{"index":2,"data":[}', [[2, "failed"]]],
  ["one whose index can be none", '{"index":-2,"data":[]}', []],
  ["a broken one whose index can be none", '{"index":-2,"data":[}', []],
] as const;

test.each(stating)(
  "a line that states an index leaves no place to lines without, before or after it: %s",
  async (_name, line, stored) => {
    const requests = [
      [plain, "rubbish"],
      [" ", line, "rubbish too"],
    ];
    const readAfter = async (order: readonly string[][]) => {
      const batchId = await newBatch(9);
      for (const lines of order) await send(batchId, lines);
      return read(batchId);
    };
    const first = await readAfter(requests);
    expect(first.lines).toEqual([[0, "queued"], ...stored]);
    expect(first.unassigned).toContainEqual([1, 7]);
    expect(first.unassigned).toContainEqual([1, 11]);
    expect(first.count).toBe(first.unassigned.length);
    expect(await readAfter(requests.toReversed())).toEqual(first);
  },
);

test("of lines for one place, or for a place that is taken, none is lost", async () => {
  const batchId = await newBatch(9);
  await send(batchId, [plain, "rubbish"]);
  await send(batchId, ["on a place that is taken", "rubbish too"]);
  const after = {
    lines: [
      [0, "queued"],
      [1, "failed"],
    ],
    unassigned: [
      [0, 24],
      [1, 11],
    ],
    count: 2,
  };
  expect(await read(batchId)).toEqual(after);
  await send(batchId, [plain, "rubbish"]);
  expect(await read(batchId)).toEqual(after);
  await send(batchId, [plain, '{"data":[5]}']);
  expect(await read(batchId)).toMatchObject({
    lines: [
      [0, "queued"],
      [1, "queued"],
    ],
    count: 2,
  });
});

test("the answer names the index under which a line without one is stored", async () => {
  const batchId = await newBatch(3);
  expect((await send(batchId, [plain, "rubbish"])).refused).toMatchObject([{ line: 2, index: 1 }]);
  expect((await send(batchId, ["a", "b", "c", "d"])).refused).toMatchObject([
    { line: 1, index: null },
    { line: 2, index: null },
    { line: 3, index: 2 },
    { line: 4, index: null },
  ]);
  // What its place says is not stated.
  expect((await send(await newBatch(3), ["{}", "rubbish"])).refused).toMatchObject([
    { line: 1, index: 0, fault: "invalid" },
    { line: 2, index: 1, fault: "not_json" },
  ]);
  const stated = await newBatch(3);
  const lines = ['{"index":0,"data":[]}', "rubbish"];
  expect((await send(stated, lines)).refused).toMatchObject([{ line: 2, index: null }]);
});
