import type { Batch, BatchKind } from "#lib/batch.ts";
import type { Arrived } from "./plan-requests.ts";
import type { ServerClient } from "./server-client.ts";

export interface AskedBatch {
  kind: BatchKind;
  expectedCount?: number;
  concurrency?: number;
  defaults: Record<string, unknown>;
  idempotencyKey: string;
}

/** Seconds that an answer may wait for the end of a batch: so often it is told how far that is. */
const WAIT_SECONDS = 2;

export type BatchClient = ReturnType<typeof createBatchClient>;

/** Speaks of batches. Throws `CommandError` as the server's client does. */
export function createBatchClient(client: ServerClient) {
  const batchOf = async (answer: Promise<unknown>) => ((await answer) as { batch: Batch }).batch;
  const post = (path: string, body = "") =>
    client.ask({
      path,
      headers: { "content-type": "application/json" },
      body: () => body,
    });
  /** A single attempt; what was answered instead where that is a refusal. */
  const fetchArrived = async (batchId: string): Promise<Arrived | Response> => {
    const path = `/api/v1/batches/${batchId}`;
    // First the count: lines that come in between make more seem to be missing, never less.
    const batch = await client.fetch({ path });
    if (!batch.ok) return batch;
    const { received, expectedCount } = ((await batch.json()) as { batch: Batch }).batch;
    const ranges = await client.fetch({ path: `${path}/missing` });
    if (!ranges.ok) return ranges;
    const { missing, isMissingCut } = (await ranges.json()) as Arrived;
    return { missing, isMissingCut, received, expectedCount };
  };
  return {
    ...client,
    fetchArrived,
    async readArrived(batchId: string): Promise<Arrived> {
      const arrived = await client.askBy(async () => {
        const answer = await fetchArrived(batchId);
        return answer instanceof Response ? answer : Response.json(answer);
      });
      return arrived as Arrived;
    },
    /** The same request finds the batch that it made before. */
    createBatch: (asked: AskedBatch) => batchOf(post("/api/v1/batches", JSON.stringify(asked))),
    readBatch: (batchId: string) => batchOf(client.ask({ path: `/api/v1/batches/${batchId}` })),
    /** Answers sooner when the batch ends. */
    followBatch: (batchId: string) =>
      batchOf(client.ask({ path: `/api/v1/batches/${batchId}?wait=${WAIT_SECONDS}` })),
    sealBatch: (batchId: string) => batchOf(post(`/api/v1/batches/${batchId}/seal`)),
  };
}
