import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { openRawSocket } from "./testing/raw-socket.ts";
import { line, ndjson, useBatchRoutes } from "./testing/use-batch-routes.ts";

const { server, post, get, newBatchId } = useBatchRoutes();

/** The last line ends in the middle. */
const TORN = `${line(0)}\n${line(1)}\n${line(2).slice(0, -10)}`;

/** Lines 0 and 1 are there, and of the torn one nothing is known. */
async function expectNoTornLine(batchId: string): Promise<void> {
  const { items } = (await get(`/${batchId}/items`)).body;
  expect(items).toMatchObject([
    { index: 0, state: "queued" },
    { index: 1, state: "queued" },
  ]);
  expect((await get(`/${batchId}`)).body.batch).toMatchObject({
    state: "open",
    unassignedCount: 0,
  });
}

test.each([
  ["before its announced length", `Content-Length: ${TORN.length + 1}`, TORN],
  [
    "before its last chunk",
    "Transfer-Encoding: chunked",
    `${TORN.length.toString(16)}\r\n${TORN}\r\n`,
  ],
  ["within a chunk", "Transfer-Encoding: chunked", `fff\r\n${TORN}`],
])("of a body that breaks off %s the torn line is no line", async (_, header, body) => {
  const batchId = await newBatchId();
  const { url, cookie } = server.web();
  const { host, port } = new URL(url);
  const socket = await openRawSocket(Number(port));
  const head = [
    `POST /api/v1/batches/${batchId}/items HTTP/1.1`,
    `Host: ${host}`,
    `Cookie: ${cookie}`,
    "Content-Type: application/x-ndjson",
    header,
  ];
  socket.send(`${head.join("\r\n")}\r\n\r\n${body}`);
  socket.end();
  expect(await socket.readAll()).toMatch(
    /^HTTP\/1\.1 503 .*The connection ended within the upload/s,
  );
  await expectNoTornLine(batchId);
});

test("nor is that of packed lines whose end is missing", async () => {
  const batchId = await newBatchId();
  const packed = gzipSync(TORN, { level: 0 }).subarray(0, -9);
  const gzip = { ...ndjson, "content-encoding": "gzip" };
  const { status, body } = await post(`/${batchId}/items`, packed, gzip);
  expect({ status, ...body }).toMatchObject({ status: 400, fault: "content_encoding" });
  await expectNoTornLine(batchId);
});
