import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { type OpenPort, openPort } from "./open-port.ts";
import { openRawSocket } from "./testing/raw-socket.ts";

let port: OpenPort;
/** Of requests that came whole or in part, what was read of each. */
let bodies: string[];
/** Requests below `/late` are answered when it resolves. */
let goOn: ReturnType<typeof createDeferred<void>>;

beforeEach(async () => {
  bodies = [];
  goOn = createDeferred<void>();
  port = await openPort({ HOST: "127.0.0.1", PORT: 0 });
  port.serve({
    onRequest: (request, response) => void answerRead(request, response),
    onUpgrade: (_, socket) => void socket.destroy(),
  });
});
afterEach(() => port.close());

async function answerRead(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url?.endsWith("/begun")) response.writeHead(200).write("begun");
  const at = bodies.push("") - 1;
  try {
    for await (const chunk of request) bodies[at] += String(chunk);
    if (request.url?.startsWith("/late")) await goOn.promise;
    response.end("read");
  } catch {
    response.destroy();
  }
}

/** All that is answered to bytes that are no request. */
async function answerTo(text: string): Promise<string> {
  const socket = await openRawSocket(port.port);
  socket.send(text);
  return socket.readAll();
}

const post = "POST / HTTP/1.1\r\nHost: x\r\n";

const broken: [string, string, number, string][] = [
  ["a TLS hello", "\u0016\u0003\u0001\u0002\0\u0001", 400, "HPE_INVALID_METHOD"],
  ["words", "hello there\r\n\r\n", 400, "HPE_INVALID_METHOD"],
  [
    "a length that is no number",
    `${post}Content-Length: 5.5\r\n\r\n`,
    400,
    "HPE_INVALID_CONTENT_LENGTH",
  ],
  ["a negative length", `${post}Content-Length: -1\r\n\r\n`, 400, "HPE_INVALID_CONTENT_LENGTH"],
  [
    "two lengths",
    `${post}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`,
    400,
    "HPE_UNEXPECTED_CONTENT_LENGTH",
  ],
  [
    "a length beside chunks",
    `${post}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    "HPE_INVALID_TRANSFER_ENCODING",
  ],
  ["a header with a NUL", `${post}X: a\0b\r\n\r\n`, 400, "HPE_INVALID_HEADER_TOKEN"],
  ["headers without end", `${post}X: ${"x".repeat(100_000)}`, 431, "HPE_HEADER_OVERFLOW"],
  [
    "a chunk of no size",
    `${post}Transfer-Encoding: chunked\r\n\r\n5\r\n[1,2,\r\nx\r\n`,
    400,
    "HPE_INVALID_CHUNK_SIZE",
  ],
];

test.each(broken)("%s is answered with a problem, and that is the end", async (...row) => {
  const [, text, status, fault] = row;
  const answer = await answerTo(text);
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  expect(head).toContain(`HTTP/1.1 ${status} `);
  expect(head).toMatch(/^content-type: application\/problem\+json$/im);
  expect(head).toMatch(/^connection: close$/im);
  expect(JSON.parse(body)).toMatchObject({ type: "about:blank", status, fault });
  expect(await (await fetch(`http://127.0.0.1:${port.port}/`)).text()).toBe("read");
});

test("the body that breaks off in its framing is at its end for whoever reads it", async () => {
  await answerTo(`${post}Transfer-Encoding: chunked\r\n\r\n5\r\n[1,2,\r\nx\r\n`);
  expect(bodies).toEqual(["[1,2,"]);
});

test("who goes on sending after that gets the answer once", async () => {
  const socket = await openRawSocket(port.port);
  socket.send("hello there\r\n\r\n");
  await socket.readSome();
  for (let n = 0; n < 20; n += 1) socket.send("and more\r\n\r\n".repeat(1_000));
  expect((await socket.readAll()).match(/HTTP\/1\.1/g)).toHaveLength(1);
});

test("an answer that has begun is cut, not written into", async () => {
  const socket = await openRawSocket(port.port);
  socket.send(`POST /begun HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
  await expect.poll(() => socket.readSome(), { interval: 5 }).toContain("begun");
  socket.send("x\r\n");
  const answer = await socket.readAll();
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect(answer).not.toContain("problem");
});

test("a second request that is none is told so after the first is answered", async () => {
  const socket = await openRawSocket(port.port);
  socket.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await expect.poll(() => socket.readSome(), { interval: 5 }).toContain("read");
  socket.send("nonsense\r\n\r\n");
  const answer = await socket.readAll();
  expect(answer).toContain("HTTP/1.1 200 OK");
  expect(answer).toContain("HTTP/1.1 400 Bad Request");
});

/** Two bytes of a body, and then what is no request. */
const shortened = (path: string) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok and more\r\n\r\n`;

test("a whole request is answered, whatever comes behind it, and then the connection closes", async () => {
  const socket = await openRawSocket(port.port);
  socket.send(shortened("/late"));
  await expect.poll(() => bodies, { interval: 5 }).toEqual(["ok"]);
  socket.send("and more\r\n\r\n".repeat(1_000));
  goOn.resolve();
  const answer = await socket.readAll();
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(answer).toMatch(/^connection: close$/im);
  expect(answer).toMatch(/\r\n\r\nread$/);
});

test("an answer that has begun for a whole request comes to its end before the problem", async () => {
  const socket = await openRawSocket(port.port);
  socket.send(shortened("/late/begun"));
  await expect.poll(() => bodies, { interval: 5 }).toEqual(["ok"]);
  goOn.resolve();
  const [first, second] = (await socket.readAll()).split(/(?=HTTP\/1\.1 400)/);
  expect(first).toMatch(/begun[^]*read[^]*\r\n0\r\n\r\n$/);
  expect(second).toContain("HPE_INVALID_METHOD");
});

test("a request whose own body breaks waits for the answers of those before it", async () => {
  const socket = await openRawSocket(port.port);
  socket.send("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
  socket.send(`${post}Transfer-Encoding: chunked\r\n\r\n5\r\n[1,2,\r\nx\r\n`);
  await expect.poll(() => bodies, { interval: 5 }).toEqual(["", "[1,2,"]);
  goOn.resolve();
  const [first, second] = (await socket.readAll()).split(/(?=HTTP\/1\.1 400)/);
  expect(first).toMatch(/^HTTP\/1\.1 200 OK[^]*read$/);
  expect(second).toContain("HPE_INVALID_CHUNK_SIZE");
});

test("a body that ends too early is refused where nobody says so", async () => {
  const socket = await openRawSocket(port.port);
  socket.send(`${post}Content-Length: 10\r\n\r\n12345`);
  socket.end();
  const answer = await socket.readAll();
  expect(answer).toContain("HTTP/1.1 400 Bad Request");
  expect(answer).toContain("HPE_INVALID_EOF_STATE");
});
