import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { STREAM_ROW_MAX_BYTES } from "#lib/limits.ts";
import { useBlobsTest } from "#server/blobs/testing/use-blobs-test.ts";
import { storeBody, takeBody } from "./take-body.ts";

const BODIES = 32;
const CHUNK_BYTES = 64 * 1024;
const CHUNKS = STREAM_ROW_MAX_BYTES / CHUNK_BYTES + 1;

const harness = useBlobsTest();

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function readHeldBytes(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

/** Bytes that stop coming once the first of them are taken, until they go on. */
function slowBody() {
  const taken = createDeferred<void>();
  const goesOn = createDeferred<void>();
  async function* bytes() {
    for (let n = 0; n < CHUNKS; n += 1) yield new Uint8Array(CHUNK_BYTES);
    taken.resolve();
    await goesOn.promise;
    yield new Uint8Array(1);
  }
  return { bytes: bytes(), taken: taken.promise, goOn: goesOn.resolve };
}

test("a body whose rest is long in coming does not hold what came of it (#6)", async () => {
  const before = readHeldBytes();
  const bodies = Array.from({ length: BODIES }, slowBody);
  const stored = bodies.map(async ({ bytes }) => {
    const taken = await takeBody(bytes, "application/octet-stream");
    const added = await storeBody(harness.context, taken, { contentType: "a/b", room: null });
    return { taken, added };
  });
  await Promise.all(bodies.map(({ taken }) => taken));
  // Some chunks of each are on their way.
  await expect
    .poll(() => readHeldBytes() - before)
    .toBeLessThan((BODIES * STREAM_ROW_MAX_BYTES) / 2);

  for (const { goOn } of bodies) goOn();
  for (const { taken, added } of await Promise.all(stored)) {
    expect(taken.isEmpty).toBe(false);
    expect(added).toMatchObject({ bytes: CHUNKS * CHUNK_BYTES + 1 });
  }
});
