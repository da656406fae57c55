import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, test } from "vitest";
import { endWhenStalled } from "./end-when-stalled.ts";

const STALLED_MS = 100;

/** Answers once and leaves the rest to `send`; the reader takes nothing. */
async function serve(send: (response: ServerResponse) => void): Promise<boolean> {
  const server = createServer((_, response) => {
    endWhenStalled(response, STALLED_MS);
    send(response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.on("error", () => {});
  const [, response] = await Promise.all([
    once(socket, "connect").then(() => socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n")),
    once(server, "request").then(([, answer]) => answer as ServerResponse),
  ]);
  const closed = once(response, "close").then(() => true);
  const idle = once(response, "timeout").then(() => response.destroyed);
  const isCut = await Promise.race([closed, idle]);
  socket.destroy();
  server.close();
  return isCut;
}

test("a reader who takes nothing is let go", async () => {
  expect(await serve((response) => void response.write(Buffer.alloc(64 * 1024 * 1024)))).toBe(true);
});

test("a reader who waits for more is not", async () => {
  expect(await serve((response) => void response.write("x"))).toBe(false);
});
