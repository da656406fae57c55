import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll } from "vitest";
import { startChild, type TestChild } from "#server/database/testing/children.ts";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import type { IngestChildAnswer } from "./ingest-child.ts";

/** A web process and a worker of their own for the tests of a file, with what they share. */
export interface UploadChildren {
  testDatabase: TestDatabase;
  web: TestChild<IngestChildAnswer>;
  worker: TestChild<IngestChildAnswer>;
}

export function useUploadChildren() {
  let children: UploadChildren;
  let dataDir: string;

  beforeAll(async () => {
    const testDatabase = await createTestDatabase();
    dataDir = await mkdtemp(join(tmpdir(), "millrace-large-"));
    const start = (role: string) =>
      startChild<IngestChildAnswer>({
        file: "../../ingest/testing/ingest-child.ts",
        args: [testDatabase.url, dataDir, role],
      });
    children = { testDatabase, web: await start("web"), worker: await start("worker") };
  });
  afterAll(async () => {
    await Promise.all([children.web.end(), children.worker.end()]);
    await children.testDatabase.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** Sends a body of unknown length over one request, at the server's pace. */
  async function send(
    path: string,
    body: AsyncIterable<Uint8Array | string>,
    type = "application/json",
  ): Promise<{ status: number; body: string }> {
    const { url, cookie } = children.web.answer;
    const headers = { cookie, "content-type": type };
    const sent = request(`${url}${path}`, { method: "POST", headers });
    const answered = readAnswer(sent);
    await pipeline(Readable.from(body, { objectMode: false }), sent);
    return answered;
  }

  return {
    children: () => children,
    send,
    push: (sessionId: string, body: AsyncIterable<Uint8Array>) =>
      send(`/api/v1/sessions/${sessionId}/ingest`, body),
    async readUpload(sessionId: string) {
      const [upload] = await children.testDatabase.database.sql`
        select state, sha256, bytes::float8 as bytes, stored_count as stored, skipped_count as skipped
        from uploads where session_id = ${sessionId}`;
      return upload;
    },
  };
}

async function readAnswer(sent: ReturnType<typeof request>) {
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response) };
}
