import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import { createExecutionId, createSessionId } from "#lib/ids.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import type { Services } from "#server/services.ts";
import { openOutput, type OpenOutput, type OutputWriter } from "#server/outputs/open-output.ts";
import { startTestWeb, type TestWeb } from "./test-web.ts";

interface GetOptions {
  method?: string;
  headers?: Record<string, string>;
}

export interface OutputWeb {
  readonly services: Services;
  /** A new one of the local owner for each test. */
  readonly sessionId: string;
  /** A picture in segments of 1,000 bytes, by an execution of its own. */
  open(changes?: Partial<OpenOutput>): Promise<OutputWriter>;
  /** The id of a complete output of these bytes. */
  store(bytes: Uint8Array, changes?: Partial<OpenOutput>): Promise<string>;
  /** Signed in, unless the headers say otherwise. */
  get(path: string, options?: GetOptions): Promise<Response>;
  read(outputId: string, headers?: Record<string, string>, query?: string): Promise<Response>;
  /** Resolves when so many bytes of a growing output are stored. */
  stored(outputId: string, bytes: number): Promise<void>;
}

/** A server with its port open, and sessions whose outputs are read through it. */
export function useOutputWeb(): OutputWeb {
  const parts: { web?: TestWeb; sessionId: string } = { sessionId: "" };
  const servicesOf = () => parts.web!.server.services;
  beforeAll(async () => {
    parts.web = await startTestWeb();
  });
  afterAll(() => parts.web?.close());
  beforeEach(async () => {
    parts.sessionId = await createSession(servicesOf());
  });

  const harness: OutputWeb = {
    get services() {
      return servicesOf();
    },
    get sessionId() {
      return parts.sessionId;
    },
    open: (changes) =>
      openOutput(servicesOf(), {
        sessionId: parts.sessionId,
        generation: 1,
        executionId: createExecutionId(),
        port: "shots/screen.png",
        source: "execution",
        mode: "binary",
        format: "blob",
        mime: "image/png",
        segmentBytes: 1_000,
        heldMs: 10,
        ...changes,
      }),
    async store(bytes, changes) {
      const writer = await harness.open(changes);
      await writer.write(bytes);
      await writer.complete();
      return writer.outputId;
    },
    get: (path, { headers, ...init } = {}) => {
      const { url, cookie } = parts.web!;
      return fetch(url + path, { ...init, headers: { cookie, ...headers } });
    },
    read: (outputId, headers = {}, query = "") =>
      harness.get(`/api/v1/outputs/${outputId}${query}`, { headers }),
    stored: async (outputId, bytes) =>
      expect.poll(() => readStoredBytes(servicesOf(), outputId), { interval: 10 }).toBe(bytes),
  };
  return harness;
}

async function createSession({ database }: Services): Promise<string> {
  const sessionId = createSessionId();
  await database.sql`
    insert into sessions (
      id, team_id, owner_id, status, title, title_source, setup_commands, environment
    ) values (
      ${sessionId}, ${localOwner.teamId}, ${localOwner.userId}, 'idle', 'Outputs', 'prompt', '[]', '{}'
    )`;
  return sessionId;
}

async function readStoredBytes({ database }: Services, outputId: string): Promise<number> {
  const [row] = await database.sql<{ bytes: number }[]>`
    select b.bytes::int as bytes from outputs o join blobs b on b.id = blob_id
    where o.id = ${outputId}`;
  return row?.bytes ?? 0;
}
