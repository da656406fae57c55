import { expect, test, vi } from "vitest";
import { createSessionId } from "#lib/ids.ts";
import { createRandom } from "#lib/testing/create-random.ts";
import { expectedOf, useKillTest, type NamedMoment } from "../testing/use-kill-test.ts";
import { message, part, sha256 } from "../testing/use-ingest.ts";
import {
  askTus,
  beginPiece,
  encodeMetadata,
  sendPiece,
  type TusTarget,
} from "./testing/tus-requests.ts";

const kills = useKillTest();

/** Two segments and a rest, which begin in the middle of pieces. */
const items = [message(0), ...Array.from({ length: 2_000 }, (_, n) => part(n, "y".repeat(9_000)))];
const body = Buffer.from(JSON.stringify({ data: items }));
const FIRST_PIECE_BYTES = 3_000_000;
const expected = expectedOf(items);

/** Begins, or finds what was begun. */
async function begin(target: TusTarget, sessionId: string): Promise<string> {
  const { status, headers } = await askTus(target, "POST /api/v1/uploads", {
    headers: {
      "upload-length": String(body.byteLength),
      "upload-metadata": encodeMetadata({ sessionId, idempotencyKey: sessionId }),
    },
  });
  expect(status).toBe(201);
  return headers.get("location") ?? "";
}

const offsetOf = async (target: TusTarget, path: string) =>
  Number((await askTus(target, `HEAD ${path}`)).headers.get("upload-offset"));

/** What a client does that knows its session only: a first piece, then all the rest. */
async function upload(target: TusTarget, sessionId: string): Promise<void> {
  const path = await begin(target, sessionId);
  for (let offset = await offsetOf(target, path); offset < body.byteLength;) {
    const end = offset < FIRST_PIECE_BYTES ? FIRST_PIECE_BYTES : body.byteLength;
    const answer = await sendPiece(target, path, { offset, body: body.subarray(offset, end) });
    expect(answer.status).toBe(204);
    offset = Number(answer.headers.get("upload-offset"));
  }
}

async function expectWhole(sessionId: string): Promise<void> {
  const { sql } = kills.database();
  await vi.waitFor(
    async () => {
      const rows = await sql`
        select state, sha256, bytes::float8 as bytes, stored_count + unchanged_count as count
        from uploads where session_id = ${sessionId}`;
      expect([...rows]).toEqual([
        { state: "done", sha256: sha256(body), bytes: body.byteLength, count: items.length },
      ]);
    },
    { timeout: 90_000, interval: 200 },
  );
  await kills.expectStored(sessionId, expected);
  await kills.expectNoOrphans();
}

/** Between every two durable steps of receiving, from the row to the line. */
const moments: NamedMoment[] = [
  ["the upload's row", { table: "uploads", event: "insert", when: "true" }],
  ["the row of its blob", { table: "blobs", event: "insert", when: "new.mode = 'append'" }],
  ["the rest of the first piece", { table: "blob_tail", event: "insert", when: "new.start = 0" }],
  [
    "the first segment, made of both",
    { table: "blob_segments", event: "insert", when: "new.n = 0" },
  ],
  ["the second segment", { table: "blob_segments", event: "insert", when: "new.n = 1" }],
  ["the rest of the last piece", { table: "blob_tail", event: "insert", when: "new.start > 0" }],
  ["the last segment", { table: "blob_segments", event: "insert", when: "new.n = 2" }],
  [
    "the end of its blob",
    { table: "blobs", event: "update", when: "new.mode = 'append' and new.state = 'complete'" },
  ],
  ["its place in the line", { table: "uploads", event: "update", when: "new.state = 'queued'" }],
];

test.each(moments)("a kill -9 before %s loses nothing and doubles nothing", async (_, moment) => {
  const sessionId = createSessionId();
  const first = await kills.startServer();
  const block = await kills.block(moment);
  const uploading = upload(first.answer, sessionId);
  await Promise.race([block.reached(), uploading.then(() => expect("reached").toBe("passed"))]);
  await first.kill();
  await expect(uploading).rejects.toThrow("fetch failed");
  await block.lift();

  const second = await kills.startServer();
  await upload(second.answer, sessionId);
  await expectWhole(sessionId);
  await second.end();
});

test.each([1, 2])(
  "kills at random bytes, each resumed at another process, seed %i",
  async (seed) => {
    const random = createRandom(seed);
    const sessionId = createSessionId();
    let path = "";
    let acknowledged = 0;
    for (let kill = 0; kill < 4; kill += 1) {
      const server = await kills.startServer();
      path = await begin(server.answer, sessionId);
      const offset = await offsetOf(server.answer, path);
      expect(offset).toBeGreaterThanOrEqual(acknowledged);
      acknowledged = offset;
      const rest = body.subarray(offset, body.byteLength - 1);
      const piece = beginPiece(server.answer, path, { offset, announced: rest.byteLength + 1 });
      await piece.send(rest.subarray(0, Math.floor(random() * rest.byteLength)));
      await server.kill();
      await expect(piece.status()).rejects.toBeInstanceOf(Error);
    }
    const last = await kills.startServer();
    await upload(last.answer, sessionId);
    await expectWhole(sessionId);
    await last.end();
  },
);
