import { afterEach, beforeAll, vi } from "vitest";
import type { Batch, BatchItem } from "#lib/batch.ts";
import { message, part, useIngest } from "#server/ingest/testing/use-ingest.ts";
import { startBatchWorker } from "../batch-worker.ts";
import { expectTrueCounts } from "./recount.ts";

/** A line of an import, with a session, a message and a part. */
export const sessionLine = (index: number, title: string) => ({
  index,
  data: [{ type: "session", data: { title } }, message(0), part(index)],
});

/** A server that takes lines and works on them; whatever a test does, the counts of its batches are true afterwards. */
export function useBatchWork() {
  const server = useIngest({ environment: { MAX_ACTIVE_SESSIONS: "2" } });
  beforeAll(async () => {
    const { services } = server.web().server;
    const worker = await startBatchWorker(services, { over: services.draining });
    services.draining.addEventListener("abort", () => void worker.stop());
  });
  afterEach(() => expectTrueCounts(server.services().database));

  const post = (path: string, body: BodyInit = "", headers: Record<string, string> = {}) =>
    server.ask("POST", `/api/v1/batches${path}`, { body, headers });
  const get = (path: string) => server.ask("GET", `/api/v1/batches${path}`);

  return {
    server,
    post,
    get,
    async newBatch(asked: Record<string, unknown>): Promise<string> {
      const { body } = await post("", JSON.stringify(asked));
      return body.batch.batchId;
    },
    send: (batchId: string, lines: unknown[]) =>
      post(`/${batchId}/items`, lines.map((line) => JSON.stringify(line)).join("\n"), {
        "content-type": "application/x-ndjson",
      }),
    itemsOf: async (batchId: string): Promise<BatchItem[]> =>
      (await get(`/${batchId}/items`)).body.items,
    over: (batchId: string): Promise<Batch> =>
      vi.waitFor(
        async () => {
          const { batch } = (await get(`/${batchId}?wait=5`)).body;
          if (batch.finishedAt === null) throw new Error(JSON.stringify(batch));
          return batch;
        },
        { timeout: 25_000, interval: 10 },
      ),
    async results(batchId: string) {
      const { url, cookie } = server.web();
      const path = `/api/v1/batches/${batchId}/results`;
      const response = await fetch(`${url}${path}`, { headers: { cookie } });
      const lines = (await response.text()).trimEnd().split("\n");
      return lines.map((line) => JSON.parse(line));
    },
  };
}
