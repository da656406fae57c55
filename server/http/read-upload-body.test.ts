import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readUploadBody } from "./read-upload-body.ts";

const server = createServer();
let port: number;

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** What the server reads of a request that `send` makes, and how it can answer. */
async function receive(send: (sent: ReturnType<typeof request>) => void, idleMs = 60_000) {
  const arrived = once(server, "request") as Promise<[IncomingMessage, ServerResponse]>;
  const sent = request({ port, host: "127.0.0.1", method: "POST" });
  sent.on("error", () => {});
  send(sent);
  const [incoming, response] = await arrived;
  const chunks: Uint8Array[] = [];
  const read = async () => {
    for await (const chunk of readUploadBody(incoming, { idleMs })) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  return { read, incoming, response, sent };
}

test("a body is read whole, also an empty one", async () => {
  const full = await receive((sent) => sent.end("x".repeat(200_000)));
  expect(await full.read()).toBe("x".repeat(200_000));
  full.response.end();
  const empty = await receive((sent) => sent.end());
  expect(await empty.read()).toBe("");
  empty.response.end();
});

test("a connection that ends within the body is told with what came", async () => {
  const { read, sent } = await receive((one) => one.write("12345"));
  const reading = read();
  sent.destroy();
  await expect(reading).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("connection ended"),
    details: { offset: 5 },
  });
});

test("a sender that says nothing is told so, and can be answered", async () => {
  const { read, response, sent } = await receive((one) => one.write("12345"), 50);
  const answered = once(sent, "response") as Promise<[IncomingMessage]>;
  await expect(read()).rejects.toMatchObject({
    message: expect.stringMatching(/^No byte .* after 5 bytes$/),
    details: { offset: 5 },
  });
  response.writeHead(503).end();
  expect((await answered)[0].statusCode).toBe(503);
  sent.destroy();
});

test("only the time in which somebody waits for a byte counts", async () => {
  const idleMs = 50;
  const slow = await receive((one) => one.write("12345"), idleMs);
  const bytes = readUploadBody(slow.incoming, { idleMs })[Symbol.asyncIterator]();
  expect((await bytes.next()).value?.byteLength).toBe(5);
  // Others are silent to the end meanwhile, three times as long as is allowed.
  for (let round = 0; round < 3; round += 1) {
    const silent = await receive((one) => one.write("1"), idleMs);
    await expect(silent.read()).rejects.toMatchObject({ code: "unavailable" });
    silent.sent.destroy();
  }
  slow.sent.end("678");
  expect((await bytes.next()).value?.byteLength).toBe(3);
  expect((await bytes.next()).done).toBe(true);
  slow.response.end();
});
