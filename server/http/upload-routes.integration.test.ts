import { expect, test } from "vitest";
import { message, useIngest } from "#server/ingest/testing/use-ingest.ts";
import { openRawSocket } from "./testing/raw-socket.ts";

const ingest = useIngest({ isIdle: true });

const pushMessage = async () => {
  const { body } = await ingest.push(ingest.newSessionId(), JSON.stringify([message(0)]));
  return body.upload as { sessionId: string; uploadId: string };
};

test.each(["%00", "upl_", "", "x".repeat(200)])(
  "uploads before %j are refused by the parameter's name",
  async (before) => {
    const { sessionId } = await pushMessage();
    for (const path of [`/sessions/${sessionId}/uploads?`, "/uploads?state=failed&"]) {
      const answer = await ingest.ask("GET", `/api/v1${path}before=${before}`);
      expect(answer).toMatchObject({ status: 400, body: { field: "before" } });
    }
  },
);

test("uploads before one are those that were accepted earlier", async () => {
  const { sessionId, uploadId } = await pushMessage();
  const later = await ingest.push(sessionId, JSON.stringify([message(2)]));
  const path = `/api/v1/sessions/${sessionId}/uploads?before=${later.body.upload.uploadId}`;
  expect((await ingest.ask("GET", path)).body.uploads).toMatchObject([{ uploadId }]);
});

test.each([
  ["shorter than its announced length", "Content-Length: 100", "[1,2,", 5],
  ["without its last chunk", "Transfer-Encoding: chunked", "3\r\n[1,\r\n", 3],
])("a body %s is told where it ended, while its sender listens", async (...row) => {
  const [, framing, sent, offset] = row;
  const { port, cookie } = ingest.web();
  const sessionId = ingest.newSessionId();
  const socket = await openRawSocket(port);
  socket.send(
    `POST /api/v1/sessions/${sessionId}/ingest HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
      `Cookie: ${cookie}\r\nContent-Type: application/json\r\n${framing}\r\n\r\n${sent}`,
  );
  socket.end();
  const answer = await socket.readAll();
  expect(answer).toMatch(/^connection: close$/im);
  expect(JSON.parse(/\{.*\}/.exec(answer)?.[0] ?? "")).toMatchObject({
    offset,
    code: "unavailable",
    detail: `The connection ended within the upload, after ${offset} bytes`,
  });
});
