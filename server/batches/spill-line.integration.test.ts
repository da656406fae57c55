import { afterAll, beforeAll, expect, test } from "vitest";
import { owner, startTestServer, type TestServer } from "#server/sessions/testing/test-server.ts";
import { createBatch } from "./create-batch.ts";
import { listItems, requireBatch } from "./read-batches.ts";
import { receiveLines } from "./receive-lines.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

test.each([10, 3_000_000])(
  "an index is read in any notation of a line with %i bytes of data, and what can be none is refused",
  async (bytes) => {
    const { services } = server;
    const { batchId } = await createBatch(services, owner, { kind: "import", defaults: {} });
    const batch = await requireBatch(services.database, owner, { batchId, action: "fill" });
    async function* body() {
      for (const index of ["1e1", "3.0", "-1", '"7"', "null", "5"])
        yield Buffer.from(`{"data":["${"x".repeat(bytes)}"],"index":${index}}\n`);
    }
    const incoming = { encoding: "identity" as const, isStrict: false, firstIndex: 0 };
    const received = await receiveLines(services, batch, { ...incoming, body: body() });
    expect(received.accepted).toBe(3);
    expect(received.refused.map(({ line, index, fault }) => [line, index, fault])).toEqual([
      [3, null, "bad_index"],
      [4, null, "bad_index"],
      [5, null, "bad_index"],
    ]);
    const query = { state: null, after: -1, limit: 10 };
    const items = await listItems(services.database, batchId, query);
    expect(items.map(({ index }) => index)).toEqual([3, 5, 10]);
  },
);
