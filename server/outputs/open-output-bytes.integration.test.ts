import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { openOutputBytes, openOutputRange } from "./open-output-bytes.ts";
import { interrupt } from "./testing/interrupt.ts";
import { useOutputsTest } from "./testing/use-outputs-test.ts";

const harness = useOutputsTest();

test.each([undefined, 0])(
  "bytes that move while they are opened are found at their new place (threshold %s)",
  async (thresholdBytes) => {
    const bytes = randomBytes(3_000);
    const writer = await harness.open({ thresholdBytes });
    await writer.write(bytes);
    const services = interrupt(harness.services, 1, () => writer.complete(bytes));
    const stream = await openOutputBytes(services, writer);
    expect(Buffer.concat(await stream.toArray()).equals(bytes)).toBe(true);
  },
);

test("a range tells how long it is", async () => {
  const writer = await harness.open();
  await writer.write(Buffer.from("0123456789"));
  await writer.complete();
  const ranges = [{}, { offset: 8 }, { offset: 2, length: 3 }, { offset: 8, length: 9 }];
  for (const [n, range] of [...ranges, { offset: 20, length: 1 }].entries()) {
    const { stream, bytes } = await openOutputRange(harness.services, writer, range);
    expect(bytes).toBe([10, 2, 3, 2, 0][n]);
    expect(Buffer.concat(await stream.toArray())).toHaveLength(bytes);
  }
});
