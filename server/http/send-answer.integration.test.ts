import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { useIngest } from "#server/ingest/testing/use-ingest.ts";

const ingest = useIngest({ isIdle: true });

/** More than the system takes for a reader who does not read, on both sides together. */
const BODY_BYTES = 16 * 1024 * 1024;

/** A request that is refused by its head. */
async function openRefused(framing: string): Promise<Socket> {
  const { port, cookie } = ingest.web();
  const socket = connect({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  await send(
    socket,
    `POST /api/v1/sessions/${ingest.newSessionId()}/ingest HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
      `Cookie: ${cookie}\r\nContent-Type: text/html\r\n${framing}\r\n\r\n`,
  );
  return socket;
}

/** Resolves when the system has taken it all. */
const send = (socket: Socket, content: string) =>
  new Promise<void>((resolve, reject) => {
    socket.write(content, (error) => (error ? reject(error) : resolve()));
  });

test("who sends a body to its end before reading gets the answer that came in the middle", async () => {
  const socket = await openRefused(`Content-Length: ${BODY_BYTES}`);
  await send(socket, " ".repeat(BODY_BYTES));
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 415 /);
  expect(answer).toMatch(/^connection: close$/im);
  expect(answer).toContain("Content-Type");
});

test("who never comes to the end of a body is not listened to for ever", async () => {
  const socket = await openRefused("Transfer-Encoding: chunked");
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 415 /);
});
