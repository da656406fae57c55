import type { Batch, BatchItem, BatchKind } from "#lib/batch.ts";
import type { ArrivedLines } from "#lib/batch-lines/keep-wanted.ts";
import {
  MISSING_PAGE_RANGES,
  type MissingPage,
  readAllMissing,
} from "#lib/batch-lines/read-all-missing.ts";
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

/**
 * Speaks of batches. `isCorrecting`: lines that could not be read are missed as much as those that did not come. Throws
 * `CommandError` as the server's client does.
 */
export function createBatchClient(client: ServerClient, { isCorrecting = false } = {}) {
  const batchOf = async (answer: Promise<unknown>) => ((await answer) as { batch: Batch }).batch;
  const post = (path: string, body = "") =>
    client.ask({
      path,
      headers: { "content-type": "application/json" },
      body: () => body,
    });
  /** Indexes of lines that were no lines. */
  const fetchUnreadable = async (path: string): Promise<number[] | Response> => {
    const unreadable: number[] = [];
    for (let after = -1; ;) {
      const failed = await client.fetch({ path: `${path}/items?state=failed&after=${after}` });
      if (!failed.ok) return failed;
      const { items } = (await failed.json()) as { items: BatchItem[] };
      const last = items.at(-1);
      if (!last) return unreadable;
      for (const { index, fault } of items) if (fault !== null) unreadable.push(index);
      after = last.index;
    }
  };
  /** A single attempt; what was answered instead where that is a refusal. */
  const fetchArrived = async (batchId: string): Promise<ArrivedLines | Response> => {
    const path = `/api/v1/batches/${batchId}`;
    // First the count: lines that come in between make more seem to be missing, never less.
    const batch = await client.fetch({ path });
    if (!batch.ok) return batch;
    const { received, expectedCount } = ((await batch.json()) as { batch: Batch }).batch;
    const missing = await readAllMissing(async (after) => {
      const query = `limit=${MISSING_PAGE_RANGES}&after=${after}`;
      const page = await client.fetch({ path: `${path}/missing?${query}` });
      return page.ok ? ((await page.json()) as MissingPage) : page;
    });
    if (missing instanceof Response) return missing;
    const unreadable = isCorrecting ? await fetchUnreadable(path) : [];
    if (unreadable instanceof Response) return unreadable;
    return { missing, received, expectedCount, unreadable };
  };
  return {
    ...client,
    fetchArrived,
    async readArrived(batchId: string): Promise<ArrivedLines> {
      const arrived = await client.askBy(async () => {
        const answer = await fetchArrived(batchId);
        return answer instanceof Response ? answer : Response.json(answer);
      });
      return arrived as ArrivedLines;
    },
    /** A request without lines: some are on their way. */
    noteArrival: (batchId: string) =>
      client.fetch({
        path: `/api/v1/batches/${batchId}/items`,
        headers: { "content-type": "application/x-ndjson" },
        body: () => "",
      }),
    /** The same request finds the batch that it made before. */
    createBatch: (asked: AskedBatch) => batchOf(post("/api/v1/batches", JSON.stringify(asked))),
    readBatch: (batchId: string) => batchOf(client.ask({ path: `/api/v1/batches/${batchId}` })),
    /** Answers sooner when the batch ends. */
    followBatch: (batchId: string) =>
      batchOf(client.ask({ path: `/api/v1/batches/${batchId}?wait=${WAIT_SECONDS}` })),
    /** Of many the first ones, for people. */
    readFirstGaps: async (batchId: string) =>
      ((await client.ask({ path: `/api/v1/batches/${batchId}/missing?limit=12` })) as MissingPage)
        .missing,
    sealBatch: (batchId: string, sealing: { allowGaps?: boolean; allowUnassigned?: boolean }) =>
      batchOf(post(`/api/v1/batches/${batchId}/seal`, JSON.stringify(sealing))),
    abortBatch: (batchId: string) => batchOf(post(`/api/v1/batches/${batchId}/abort`)),
    retryBatch: (batchId: string) =>
      post(`/api/v1/batches/${batchId}/retry`) as Promise<{ retried: number; unreadable: number }>,
  };
}
