import { expect, test, vi } from "vitest";
import { createSessionId } from "#lib/ids.ts";
import { beginUpload, sendPiece, type TusTarget } from "../resumable/testing/tus-requests.ts";
import { generateDocument } from "../testing/generated-document.ts";
import { forgetPeak, readPeakBytes } from "../testing/peak-memory.ts";
import {
  expectedOf,
  itemBlobMoments,
  useKillTest,
  type NamedMoment,
} from "../testing/use-kill-test.ts";
import { message, part } from "../testing/use-ingest.ts";

const MEGABYTE = 1_000_000;

const kills = useKillTest();

const itemCount = async (sessionId: string) => {
  const [row] = await kills.database().sql<{ count: number }[]>`
    select count(*)::int as count from items where session_id = ${sessionId}`;
  return row?.count ?? 0;
};

const LARGE = 300;
const items = [
  message(0),
  ...Array.from({ length: 1_000 }, (_, n) => part(n, "y".repeat(n === LARGE ? 2_500_000 : 9_000))),
];
const body = Buffer.from(JSON.stringify({ data: items }));
const expected = expectedOf(items);

/** While all but the last byte is there. */
const moments: NamedMoment[] = [
  ["the first items", { table: "items", event: "insert", when: "new.type = 'message'" }],
  ...itemBlobMoments,
  ["items behind it", { table: "items", event: "insert", when: "new.part_id = 'prt_600'" }],
];

test.each(moments)(
  "a kill -9 of an early pass before %s loses nothing and doubles nothing",
  async (_, moment) => {
    const { sql } = kills.database();
    const sessionId = createSessionId();
    const first = await kills.startServer();
    const block = await kills.block(moment);
    const path = await begin(first.answer, sessionId, body.byteLength);
    expect(await send(first.answer, path, [0, body.subarray(0, -1)])).toBe(204);
    await block.reached();
    await first.kill();
    await block.lift();
    const [upload] = await sql`
      select state, attempt from uploads where session_id = ${sessionId}`;
    expect(upload).toEqual({ state: "receiving", attempt: 0 });

    const second = await kills.startServer();
    const rest = body.byteLength - 1;
    expect(await send(second.answer, path, [rest, body.subarray(rest)])).toBe(204);
    await vi.waitFor(
      async () => {
        const [ended] = await sql`
          select state, attempt, stored_count as stored, unchanged_count as unchanged, stale_count as stale
          from uploads where session_id = ${sessionId}`;
        const counts = { stored: items.length, unchanged: 0, stale: 0 };
        expect(ended).toEqual({ state: "done", attempt: 1, ...counts });
      },
      { timeout: 60_000, interval: 100 },
    );
    await second.end();
    await kills.expectStored(sessionId, expected);
  },
);

test("300 MB that stop before the last byte are readable, in memory for one item", async () => {
  const document = generateDocument(300 * MEGABYTE);
  let length = 0;
  for await (const chunk of document.stream()) length += chunk.byteLength;
  const sessionId = createSessionId();
  const web = await kills.startServer("web");
  const path = await begin(web.answer, sessionId, length);
  let offset = 0;
  for await (const piece of piecesOf(document.stream(), length - 1)) {
    expect(await send(web.answer, path, [offset, piece])).toBe(204);
    offset += piece.byteLength;
  }
  const worker = await kills.startServer("worker");
  const before = await forgetPeak(worker.pid);
  await vi.waitFor(async () => expect(await itemCount(sessionId)).toBe(document.itemCount), {
    timeout: 120_000,
    interval: 200,
  });
  const grownBytes = (await readPeakBytes(worker.pid)) - before;
  expect(grownBytes).toBeLessThan(200 * MEGABYTE);
  await Promise.all([web.end(), worker.end()]);
});

const begin = (target: TusTarget, sessionId: string, length: number) =>
  beginUpload(target, sessionId, { "upload-length": String(length) });

const send = async (target: TusTarget, path: string, [offset, piece]: [number, Uint8Array]) =>
  (await sendPiece(target, path, { offset, body: Buffer.from(piece) })).status;

/** The first `length` bytes, in requests of some 16 MB. */
async function* piecesOf(source: AsyncIterable<Buffer>, length: number): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let left = length;
  for await (const chunk of source) {
    const taken = chunk.subarray(0, left);
    held.push(Buffer.from(taken));
    heldBytes += taken.byteLength;
    left -= taken.byteLength;
    if (heldBytes < 16 * MEGABYTE && left > 0) continue;
    yield Buffer.concat(held);
    held = [];
    heldBytes = 0;
    if (left === 0) return;
  }
}
