import { afterAll, beforeAll, expect, vi } from "vitest";
import { createApiToken } from "#server/accounts/api-tokens.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import { startTestWeb, type TestWeb } from "#server/http/testing/test-web.ts";
import { tidyStreams } from "../tidy-streams.ts";

export type StreamCall = Omit<RequestInit, "headers"> & { headers?: Record<string, string> };

interface StreamsUnderTest {
  web: TestWeb;
  /** Another process on the same database and disk. */
  peer: TestWeb;
  token: string;
  /** `METHOD path?query`, at the first process unless told. */
  call(line: string, options?: StreamCall, at?: TestWeb): Promise<Response>;
  /** A new stream, with its first bytes, and its path. */
  make(body?: string | Uint8Array, headers?: Record<string, string>): Promise<string>;
  /** All that is in a stream, in as many reads as it takes. */
  readAll(path: string, at?: TestWeb): Promise<Buffer>;
  /** Keys of what the store holds, once everything that is made in the background is made. */
  storedKeys(): Promise<string[]>;
}

let pathCount = 0;

/** Two servers with an API token for streams. */
export function useStreams(settings: Record<string, string> = {}): StreamsUnderTest {
  const context = {
    call: (line, { headers, ...options } = {}, at = context.web) => {
      const [method = "", path = ""] = line.split(" ");
      return fetch(`${at.url}/api/v1/streams/${path}`, {
        ...options,
        method,
        headers: { authorization: `Bearer ${context.token}`, ...headers },
        ...(options.body && { duplex: "half" }),
      });
    },
    async make(body, headers = {}) {
      pathCount += 1;
      const path = `test/${pathCount}`;
      const sent = { "content-type": "text/plain", ...headers };
      const answer = await context.call(`PUT ${path}`, { headers: sent, body: body as BodyInit });
      if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
      return path;
    },
    async readAll(path, at) {
      const pieces: Buffer[] = [];
      for (let offset = "-1"; ;) {
        const answer = await context.call(`GET ${path}?offset=${offset}`, {}, at);
        if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
        pieces.push(Buffer.from(await answer.arrayBuffer()));
        offset = answer.headers.get("stream-next-offset") ?? "";
        if (answer.headers.has("stream-up-to-date")) return Buffer.concat(pieces);
      }
    },
    async storedKeys() {
      const { sql } = context.web.server.services.database;
      const check = async () => {
        await tidyStreams(context.web.server.services);
        const sealed = await sql`
          select from blobs where purpose = 'stream' and state = 'writing'
            and id not in (select open_blob_id from streams where open_blob_id is not null)`;
        expect(sealed).toHaveLength(0);
      };
      await vi.waitFor(check, { timeout: 20_000 });
      const keys: string[] = [];
      for await (const { key } of context.web.server.services.blobs.list()) keys.push(key);
      return keys.toSorted();
    },
  } as StreamsUnderTest;

  beforeAll(async () => {
    const environment = { STREAM_LONG_POLL_MS: "20000", ...settings };
    context.web = await startTestWeb({ environment });
    context.peer = await startTestWeb({ environment, shared: context.web.server });
    const { secret } = await createApiToken(context.web.server.services.database, localOwner, {
      name: "streams",
      scopes: ["ingest", "read", "start"],
      expiresInDays: null,
    });
    context.token = secret;
  });
  afterAll(async () => {
    await context.peer.close();
    await context.web.close();
  });
  return context;
}
