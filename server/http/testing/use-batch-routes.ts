import { afterEach, expect } from "vitest";
import type { ApiScope } from "#lib/api-scope.ts";
import { createApiToken } from "#server/accounts/api-tokens.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import { expectTrueCounts } from "#server/batches/testing/recount.ts";
import { useIngest } from "#server/ingest/testing/use-ingest.ts";

export const ndjson = { "content-type": "application/x-ndjson" };

/** A line of an import, which says its index. */
export const line = (index: number, title = "x") =>
  JSON.stringify({ index, data: [{ type: "session", data: { title } }] });

export const lines = (...indexes: number[]) =>
  `${indexes.map((index) => line(index)).join("\n")}\n`;

/** A server that takes lines and works on none; whatever a test does, the counts of its batches are true afterwards. */
export function useBatchRoutes() {
  const server = useIngest({ isIdle: true });
  afterEach(() => expectTrueCounts(server.services().database));

  const post = (path: string, body: BodyInit = "", headers: Record<string, string> = {}) =>
    server.ask("POST", `/api/v1/batches${path}`, { body, headers });

  const create = (asked: unknown, headers: Record<string, string> = {}) =>
    post("", JSON.stringify(asked), headers);

  return {
    server,
    post,
    create,
    get: (path: string) => server.ask("GET", `/api/v1/batches${path}`),
    send: (batchId: string, body: BodyInit, query = "") =>
      post(`/${batchId}/items${query}`, body, ndjson),
    async bearer(...scopes: ApiScope[]) {
      const token = { name: "Test", scopes, expiresInDays: 1 };
      const { secret } = await createApiToken(server.services().database, localOwner, token);
      return { cookie: "", authorization: `Bearer ${secret}` };
    },
    async newBatchId(asked: Record<string, unknown> = {}): Promise<string> {
      const { status, body } = await create({ kind: "import", ...asked });
      expect(status).toBe(201);
      return body.batch.batchId;
    },
  };
}
