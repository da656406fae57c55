import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { limitSilence } from "./limit-silence.ts";
import { type OpenPort, openPort } from "./open-port.ts";
import { readBody } from "./read-body.ts";
import { readUploadBody } from "./read-upload-body.ts";
import { openRawSocket } from "./testing/raw-socket.ts";

const SILENCE_MS = 60;

/** How a handler reads its request; answers with what it read. */
type Reader = (request: IncomingMessage) => Promise<string>;

let port: OpenPort;
let goOn: ReturnType<typeof createDeferred<void>>;
let requests: IncomingMessage[];
let takenBytes: number;

beforeEach(async () => {
  requests = [];
  takenBytes = 0;
  goOn = createDeferred<void>();
  port = await openPort({ HOST: "127.0.0.1", PORT: 0 }, { silenceMs: SILENCE_MS });
  port.serve({
    onRequest: (request, response) => void answerRead(request, response),
    onUpgrade: (_, socket) => void socket.destroy(),
  });
});
afterEach(() => port.close());

const readers: Record<string, Reader> = {
  "/whole": async (request) => String(await readBody(request, 1_000)),
  "/late": async (request) => {
    await goOn.promise;
    return String(await readBody(request, 1_000));
  },
  "/unread": async () => {
    await goOn.promise;
    return "";
  },
  "/upload": (request) => readSlowly(readUploadBody(request)),
  "/pieces": (request) => readSlowly(request),
};

/** Takes a piece, and the next ones when it may go on. */
async function readSlowly(source: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of source) {
    text += Buffer.from(chunk).toString();
    takenBytes += chunk.byteLength;
    await goOn.promise;
  }
  return text;
}

async function answerRead(request: IncomingMessage, response: ServerResponse): Promise<void> {
  requests.push(request);
  const read = readers[request.url ?? ""];
  await read?.(request).then(
    (text) => response.end(`read ${text.length}`),
    () => response.destroy(),
  );
}

async function begin(path: string, body: string) {
  const socket = await openRawSocket(port.port);
  socket.send(`POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`);
  socket.send(`Content-Length: 10\r\n\r\n${body}`);
  return socket;
}

/** Requests that are cut one after the other: time enough for any other to be cut, were it to be. */
async function letSilencePass(): Promise<void> {
  for (let round = 0; round < 3; round += 1)
    expect(await (await begin("/whole", "12345")).readAll()).toBe("");
}

test("who is silent while somebody waits for a byte is cut", async () => {
  expect(await (await begin("/whole", "12345")).readAll()).toBe("");
  expect(await (await begin("/pieces", "")).readAll()).toBe("");
});

test.each(["/late", "/upload"])("%s: time in which nobody reads does not count", async (path) => {
  const slow = await begin(path, "12345");
  await letSilencePass();
  goOn.resolve();
  slow.send("67890");
  expect(await slow.readAll()).toContain("read 10");
});

test("who has sent more than was taken is not silent", async () => {
  const slow = await begin("/pieces", "12345");
  await expect.poll(() => takenBytes, { interval: 1 }).toBe(5);
  slow.send("678");
  await expect.poll(() => requests.at(-1)?.readableLength, { interval: 1 }).toBe(3);
  await letSilencePass();
  slow.send("90");
  goOn.resolve();
  expect(await slow.readAll()).toContain("read 10");
});

test.each(["POST /unread HTTP/1.1\r\nContent-Length: 5\r\n", "DELETE /unread HTTP/1.1\r\n"])(
  "who has sent a whole request waits for its answer as long as that takes: %j",
  async (head) => {
    const waiting = await openRawSocket(port.port);
    waiting.send(
      `${head}Host: x\r\nConnection: close\r\n\r\n${head.startsWith("P") ? "12345" : ""}`,
    );
    await letSilencePass();
    goOn.resolve();
    expect(await waiting.readAll()).toContain("read 0");
  },
);

/** The answer of a server that keeps connections for `SILENCE_MS`, until it closes the connection. */
async function askKeepingAlive(
  text: string,
  answerTo: (request: IncomingMessage, response: ServerResponse) => Promise<unknown>,
): Promise<string> {
  const server = createServer({ keepAliveTimeout: SILENCE_MS }, (request, response) => {
    limitSilence(request, { response, silenceMs: SILENCE_MS });
    void answerTo(request, response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  try {
    const socket = await openRawSocket((server.address() as AddressInfo).port);
    socket.send(text);
    return await socket.readAll();
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test.each([
  ["a body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345"],
  ["no body", "DELETE / HTTP/1.1\r\nHost: x\r\n\r\n"],
])("an answer to %s that nobody read leaves the keep-alive timeout alone", async (_, text) => {
  const answer = await askKeepingAlive(text, async (_request, response) => response.end("done"));
  expect(answer).toMatch(/^connection: keep-alive$/im);
  expect(answer).toContain("done");
});

test.each([
  ["with a watch of its own", readUploadBody],
  ["with none", (request: IncomingMessage) => request.iterator({ destroyOnReturn: false })],
])("an answer in the middle of a body, read %s, is the end of the request", async (_, open) => {
  const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n";
  const answer = await askKeepingAlive(head + "x".repeat(1_000_000), async (request, response) => {
    for await (const chunk of open(request)) if (chunk.byteLength > 0) break;
    response.end("enough");
  });
  expect(answer).toContain("enough");
});
