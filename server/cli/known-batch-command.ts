import type { Writable } from "node:stream";
import { once } from "node:events";
import type { Batch } from "#lib/batch.ts";
import { type BatchClient, createBatchClient } from "./batch-client.ts";
import { describeGaps } from "./describe-gaps.ts";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes.ts";
import { describeBatch, exitCodeOf, followBatch } from "./follow-batch.ts";
import type { KnownBatchCommand } from "./read-batch-arguments.ts";
import { reasonOf } from "./retry-request.ts";
import { createServerClient, type ServerAddress } from "./server-client.ts";
import type { Terminal } from "./terminal.ts";

export interface KnownBatchContext {
  address: ServerAddress;
  terminal: Terminal;
  stdout: Writable;
}

/** Tells how a batch does, brings its results, tries its failed lines again, ends its coming lines, or gives it up. */
export async function runKnownBatch(
  { action, batchId, isDetached, allowGaps }: KnownBatchCommand,
  { terminal, address, stdout }: KnownBatchContext,
): Promise<ExitCode> {
  const onRetry = (reason: string, delayMs: number) =>
    terminal.note(`${reason}; again in ${Math.ceil(delayMs / 1000)} s`);
  const client = createBatchClient(createServerClient(address, { onRetry }));
  switch (action) {
    case "status":
      return tell(await client.readBatch(batchId), terminal);
    case "results":
      await copyResults(client, batchId, stdout);
      return exitCodes.complete;
    case "retry":
      return retry(client, { batchId, isDetached }, terminal);
    case "seal":
      return seal(client, { batchId, allowGaps }, terminal);
    case "abort":
      tell(await client.abortBatch(batchId), terminal);
      return exitCodes.complete;
  }
}

/** Waits for what is tried again, where the batch can end: an open one does not before its last line came. */
async function retry(
  client: BatchClient,
  { batchId, isDetached }: Pick<KnownBatchCommand, "batchId" | "isDetached">,
  terminal: Terminal,
): Promise<ExitCode> {
  const batch = await client.readBatch(batchId);
  if (batch.state === "aborted") return tell(batch, terminal);
  const { retried, unreadable } = await client.retryBatch(batchId);
  terminal.note(`${retried} lines are tried again`);
  if (unreadable > 0) terminal.note(`${unreadable} could not be read: send them again, corrected`);
  if (retried > 0 && batch.state !== "open" && !isDetached)
    await followBatch(client, batchId, terminal);
  return tell(await client.readBatch(batchId), terminal, { isDetached });
}

/** A batch with gaps stays open, and is partial, unless somebody says that it is to be sealed as it is. */
async function seal(
  client: BatchClient,
  { batchId, allowGaps }: Pick<KnownBatchCommand, "batchId" | "allowGaps">,
  terminal: Terminal,
): Promise<ExitCode> {
  const { state, missingCount, unassignedCount } = await client.readBatch(batchId);
  if (!allowGaps && state === "open" && missingCount + unassignedCount > 0) {
    const missing = missingCount > 0 ? await client.readFirstGaps(batchId) : [];
    terminal.note(describeGaps({ batchId, missing, missingCount, unassignedCount }));
    return exitCodes.partial;
  }
  return tell(await client.sealBatch(batchId, { allowGaps }), terminal, { isDetached: true });
}

function tell(batch: Batch, terminal: Terminal, waiting: { isDetached?: boolean } = {}): ExitCode {
  const { batchId, state, message } = batch;
  const why = state === "aborted" && message !== null ? ` (${message})` : "";
  terminal.print(`${batchId} ${state}${why}: ${describeBatch(batch)}`);
  return exitCodeOf(batch, waiting);
}

/** As they come: what was written is whole lines only where this does not throw. */
async function copyResults(client: BatchClient, batchId: string, stdout: Writable): Promise<void> {
  const { body } = await client.open({ path: `/api/v1/batches/${batchId}/results` });
  try {
    for await (const chunk of body ?? []) if (!stdout.write(chunk)) await once(stdout, "drain");
  } catch (cause) {
    const words = `The results broke off: ${reasonOf(cause as Error)}`;
    throw new CommandError(exitCodes.unavailable, words, { cause });
  }
}
