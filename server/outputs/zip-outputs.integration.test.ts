import { randomBytes } from "node:crypto";
import type { Readable } from "node:stream";
import { expect, test } from "vitest";
import { useOutputsTest } from "./testing/use-outputs-test.ts";
import { zipOutputs } from "./zip-outputs.ts";

const harness = useOutputsTest();

test("an output that is opened as the reader goes away is closed again", async () => {
  // More than a pipe that nobody reads takes.
  const writer = await harness.open({ segmentBytes: 8_000_000 });
  await writer.write(randomBytes(8_000_000));
  await writer.complete();
  const gone = new AbortController();
  const { blobs } = harness.services;
  const opened: Readable[] = [];
  const open = blobs.open.bind(blobs);
  blobs.open = async (...rest) => {
    const stream = await open(...rest);
    opened.push(stream);
    gone.abort();
    return stream;
  };
  try {
    const archive = await zipOutputs(harness.services, harness.target, gone.signal);
    const areClosed = () => opened.map(({ closed }) => closed);
    await expect.poll(areClosed, { timeout: 10_000 }).toEqual([true]);
    archive.destroy();
  } finally {
    blobs.open = open;
  }
});
