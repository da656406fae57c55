import { setTimeout as delay } from "node:timers/promises";
import type { Services } from "#server/services.ts";

const LOOK_MS = 500;

/** Resolves when the batch is done or aborted, after `timeoutMs`, when `signal` aborts, or the server is about to end. */
export async function waitForBatch(
  { database: { sql }, draining }: Pick<Services, "database" | "draining">,
  batchId: string,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const over = AbortSignal.any([signal, draining]);
  const endAt = performance.now() + timeoutMs;
  for (;;) {
    const [batch] = await sql<{ isOver: boolean }[]>`
      select state in ('done', 'aborted') as "isOver" from batches where id = ${batchId}`;
    const leftMs = endAt - performance.now();
    if (!batch || batch.isOver || leftMs <= 0 || over.aborted) return;
    await delay(Math.min(LOOK_MS, leftMs), undefined, { signal: over }).catch(() => {});
  }
}
