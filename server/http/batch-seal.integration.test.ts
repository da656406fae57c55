import { expect, test } from "vitest";
import { line, lines, useBatchRoutes } from "./testing/use-batch-routes.ts";

const { post, get, send, newBatchId } = useBatchRoutes();

const seal = (batchId: string, sealing?: object) =>
  post(`/${batchId}/seal`, sealing ? JSON.stringify(sealing) : "");

const lostTail = `${line(0)}\n${line(1)}\n{"ind`;

test.each([
  [
    "gaps",
    {},
    lines(1, 4),
    {
      missing: [
        [0, 0],
        [2, 3],
      ],
      missingCount: 3,
      unassignedCount: 0,
    },
  ],
  ["a torn last line", {}, lostTail, { missing: [], missingCount: 0, unassignedCount: 1 }],
  [
    "expected lines to come",
    { expectedCount: 3 },
    lines(0),
    { missing: [[1, 2]], missingCount: 2 },
  ],
])("a batch with %s is sealed only as it is, where somebody says so", async (...row) => {
  const [, asked, body, lacking] = row;
  const batchId = await newBatchId(asked);
  await send(batchId, body);
  for (const sealing of [undefined, {}, { allowGaps: false }]) {
    const refused = await seal(batchId, sealing);
    expect(refused).toMatchObject({ status: 409, body: { batchState: "open", ...lacking } });
    expect(refused.body.detail).toMatch(/^The batch is not whole: /);
  }
  expect((await get(`/${batchId}`)).body.batch).toMatchObject({ state: "open" });
  expect((await seal(batchId, { allowGaps: true })).body.batch).toMatchObject({ state: "sealed" });
  expect((await send(batchId, lines(2))).body.refused).toMatchObject([{ fault: "batch_closed" }]);
  // Said again, it is as it is.
  expect((await seal(batchId)).status).toBe(200);
});

test("lines without an index do not hide that others are missing", async () => {
  const batchId = await newBatchId({});
  await send(batchId, `${line(0)}\n${line(2)}\n{"ind`);
  const sealing = { allowUnassigned: true };
  expect(await seal(batchId, sealing)).toMatchObject({
    status: 409,
    body: { missing: [[1, 1]], unassignedCount: 1 },
  });
  await send(batchId, lines(1));
  expect((await seal(batchId, sealing)).body.batch).toMatchObject({ state: "sealed" });
});

test("a whole batch is sealed without a word, and other words are refused", async () => {
  const batchId = await newBatchId();
  await send(batchId, lines(0, 1));
  expect((await seal(batchId, { allowGap: true })).status).toBe(400);
  expect((await seal(batchId)).body.batch).toMatchObject({ state: "sealed", missingCount: 0 });
});
