import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { afterAll, beforeAll, vi } from "vitest";
import { createSessionId } from "#lib/ids.ts";
import type { Upload } from "#lib/upload.ts";
import { startTestWeb, type TestWeb } from "#server/http/testing/test-web.ts";
import type { TestServerOptions } from "#server/sessions/testing/test-server.ts";

export interface Answer {
  status: number;
  // oxlint-disable-next-line no-explicit-any -- whatever the server said is what the tests look at
  body: any;
  headers: Headers;
}

export interface StoredItem {
  type: string;
  messageId: string;
  partId: string;
  /** Null for a body that is a blob. */
  body: string | null;
  sha256: string;
  seq: number;
}

interface IngestOptions extends TestServerOptions {
  /** No worker yet: `work` starts it. */
  isIdle?: boolean;
}

/** A server with its port open and its ingest worker at work, and what tests ask of it. */
export function useIngest({ isIdle = false, ...options }: IngestOptions = {}) {
  let web: TestWeb;
  beforeAll(async () => {
    web = await startTestWeb(options);
    if (!isIdle) await web.server.ingest();
  });
  afterAll(() => web.close());

  const ask = async (method: string, path: string, request: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(`${web.url}${path}`, {
      ...request,
      method,
      headers: { cookie: web.cookie, ...(request.headers as Record<string, string>) },
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json");
    const body = isJson ? JSON.parse(text) : text;
    return { status: response.status, body, headers: response.headers };
  };

  const push = (sessionId: string, body: BodyInit, headers: Record<string, string> = {}) =>
    ask("POST", `/api/v1/sessions/${sessionId}/ingest`, {
      body,
      headers: { "content-type": "application/json", ...headers },
      duplex: "half",
    } as RequestInit);

  const readUpload = async (uploadId: string): Promise<Upload> =>
    (await ask("GET", `/api/v1/uploads/${uploadId}`)).body.upload;

  return {
    web: () => web,
    services: () => web.server.services,
    work: () => web.server.ingest(),
    ask,
    push,
    /** A body whose length is not announced. */
    pushStream: (
      sessionId: string,
      source: AsyncIterable<Uint8Array>,
      headers: Record<string, string> = {},
    ) => push(sessionId, Readable.toWeb(Readable.from(source)) as BodyInit, headers),
    newSessionId: createSessionId,
    readUpload,
    /** The upload as soon as it has ended. */
    ended: (uploadId: string) =>
      vi.waitFor(
        async () => {
          const upload = await readUpload(uploadId);
          if (upload.state !== "done" && upload.state !== "failed")
            throw new Error(`Still ${upload.state}`);
          return upload;
        },
        { timeout: 30_000, interval: 25 },
      ),
    /** What is in the tables, in the order of the change log. */
    async storedItems(sessionId: string): Promise<StoredItem[]> {
      return web.server.services.database.sql<StoredItem[]>`
        select type, message_id as "messageId", part_id as "partId", body, body_sha256 as sha256,
          seq::float8 as seq
        from items where session_id = ${sessionId} and not deleted order by seq`;
    },
  };
}

export const part = (n: number, text = "x") => ({
  type: "part",
  data: { id: `prt_${n}`, messageID: `msg_${Math.floor(n / 10)}`, type: "text", text },
});

export const message = (n: number) => ({
  type: "message",
  data: { id: `msg_${n}`, role: n % 2 === 0 ? "user" : "assistant", time: { created: 1_000 + n } },
});

/** A document of more than 1 MiB, which goes through the queue. */
export function largeDocument(count = 3_000): { text: string; items: unknown[] } {
  const items = [message(0), ...Array.from({ length: count }, (_, n) => part(n, "y".repeat(400)))];
  return { text: JSON.stringify({ data: items }), items };
}

export const sha256 = (text: string | Uint8Array) =>
  createHash("sha256").update(text).digest("hex");
