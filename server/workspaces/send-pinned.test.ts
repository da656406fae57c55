import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { sendPinned } from "./send-pinned.ts";

const content = Buffer.from("a file in Git LFS");
const servers: ReturnType<typeof createServer>[] = [];

afterEach(() => servers.splice(0).forEach((server) => server.close()));

async function listen(answer: RequestListener) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return (body: Readable) =>
    sendPinned(
      new URL(`http://127.0.0.1:${port}/`),
      { addresses: ["127.0.0.1"] },
      {
        method: "PUT",
        headers: { "content-length": String(content.byteLength) },
        body,
        idleMs: 5_000,
        signal: new AbortController().signal,
      },
    );
}

test("a server that has all of a body may answer and hang up before its end is known here", async () => {
  const isClosed = createDeferred<void>();
  const send = await listen((request, response) => {
    request.socket.once("close", () => isClosed.resolve());
    request.on("data", () => response.end());
  });
  async function* slowToEnd() {
    yield content;
    await isClosed.promise;
    // This end of the connection closes behind the server's.
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  }
  const response = await send(Readable.from(slowToEnd()));
  expect(response.statusCode).toBe(200);
  response.destroy();
});
