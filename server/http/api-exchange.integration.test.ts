import { expect, test } from "vitest";
import { largeDocument, useIngest } from "#server/ingest/testing/use-ingest.ts";
import { openRawSocket } from "./testing/raw-socket.ts";

const ingest = useIngest({ isIdle: true });

test("a repeat that is answered in the middle of its body is told that the connection closes", async () => {
  const { port, cookie } = ingest.web();
  const sessionId = ingest.newSessionId();
  const { text } = largeDocument(6_000);
  const first = await ingest.push(sessionId, text, { "idempotency-key": "again" });
  expect(first.status).toBe(202);
  const socket = await openRawSocket(port);
  socket.send(
    `POST /api/v1/sessions/${sessionId}/ingest HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
      `Cookie: ${cookie}\r\nContent-Type: application/json\r\nIdempotency-Key: again\r\n` +
      `Content-Length: ${text.length}\r\n\r\n${text.slice(0, text.length - 1_000_000)}`,
  );
  const answer = await socket.readAll();
  expect(answer).toMatch(/^HTTP\/1\.1 202 /);
  expect(answer).toMatch(/^connection: close$/im);
  expect(answer).toContain(first.body.upload.uploadId);
});
