import { expect, test } from "vitest";
import { interrupt } from "#server/outputs/testing/interrupt.ts";
import { useOutputsTest } from "#server/outputs/testing/use-outputs-test.ts";
import { readStreamBytes } from "./stream-bytes.ts";

const harness = useOutputsTest();

/** The output ends behind so many statements of its reader, with what was written or with another value. */
async function readWhile(statementCount: number, given?: Buffer) {
  const bytes = Buffer.from("0123456789");
  const writer = await harness.open({ heldMs: 20 });
  await writer.write(bytes);
  const { outputId: streamId } = writer;
  const readBlob = async () => {
    const [row] = await harness.services.database.sql`
      select blobs.bytes::int from blobs join outputs on blob_id = blobs.id where outputs.id = ${streamId}`;
    return row?.["bytes"];
  };
  await expect.poll(readBlob, { interval: 10 }).toBe(bytes.byteLength);
  const services = interrupt(harness.services, statementCount, () => writer.complete(given));
  const chunks: Uint8Array[] = [];
  for await (const chunk of readStreamBytes(services, { streamId, from: 2, to: 10 }))
    chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test.each([1, 2, 3])(
  "a range of an output is whole, though its bytes move into its row behind statement %i (#6)",
  async (statementCount) => {
    expect(await readWhile(statementCount)).toBe("23456789");
  },
);

test.each([1, 2])(
  "a range of another value that came behind statement %i is none (#6)",
  async (statementCount) => {
    for (const given of ["abcdefghij", "x"])
      await expect(readWhile(statementCount, Buffer.from(given))).rejects.toMatchObject({
        code: "gone",
      });
  },
);
