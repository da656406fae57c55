import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { createSessionId } from "#lib/ids.ts";
import { useUploadChildren } from "./testing/use-upload-children.ts";

/** What Node allows a whole request by default. */
const DEFAULT_REQUEST_LIMIT_MS = 300_000;
const { push, readUpload, send } = useUploadChildren();

async function* trickle(start: string, piece: string, end: string) {
  const beganMs = performance.now();
  yield Buffer.from(start);
  // The passing of time is what is tested here.
  while (performance.now() - beganMs < DEFAULT_REQUEST_LIMIT_MS + 40_000) {
    yield Buffer.from(piece);
    await delay(5_000);
  }
  yield Buffer.from(end);
}

test.concurrent("a body that trickles for longer than Node's limit is accepted", async () => {
  const sessionId = createSessionId();
  const item = '{"type":"message","data":{"id":"msg_0","role":"user"}}';
  const { status, body } = await push(sessionId, trickle('{"data":[', " ", `${item}]}`));
  expect({ status, body }).toMatchObject({ status: 200 });
  expect(await readUpload(sessionId)).toMatchObject({ state: "done", stored: 1 });
});

test.concurrent("lines of a batch that trickle for longer than Node's limit are accepted", async () => {
  const path = "/api/v1/batches";
  const made = await send(path, Readable.from('{"kind":"import","expectedCount":2}'));
  const { batch } = JSON.parse(made.body) as { batch: { batchId: string } };
  const line = (index: number) => `{"index":${index},"data":[]}\n`;
  const { status, body } = await send(
    `${path}/${batch.batchId}/items`,
    trickle(line(0), "\n", line(1)),
    "application/x-ndjson",
  );
  expect({ status, body: JSON.parse(body) }).toMatchObject({
    status: 200,
    body: { accepted: 2, sealed: true },
  });
});
