"use client";

import { useSyncExternalStore } from "react";
import {
  type BatchSender,
  type BatchSending,
  createBatchSender,
  isUnderWay,
} from "./batch-sending.ts";
import type { LineSource } from "./source-line.ts";

/** The batches that this page sends, by their ids. They outlive the page that began them: going elsewhere stops nothing. */
const senders = new Map<string, BatchSender>();
const listeners = new Set<() => void>();
let isGuarding = false;

/** Sends what a batch lacks; what was being sent into it from here ends. */
export function sendBatch(batchId: string, source: LineSource): void {
  guardLeaving();
  senders.get(batchId)?.stop();
  const sender = createBatchSender(batchId, source, () => {
    for (const listener of listeners) listener();
  });
  senders.set(batchId, sender);
  sender.start();
}

export const stopSending = (batchId: string) => senders.get(batchId)?.stop();

export const goOnSending = (batchId: string) => senders.get(batchId)?.start();

/** What this page sends into a batch; null for nothing. */
export function useBatchSending(batchId: string): BatchSending | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => senders.get(batchId)?.get() ?? null,
    () => null,
  );
}

/** What is lost by leaving is not what arrived but the files: they would have to be chosen again. */
function guardLeaving() {
  if (isGuarding) return;
  isGuarding = true;
  addEventListener("beforeunload", (event) => {
    if ([...senders.values()].some((sender) => isUnderWay(sender.get()))) event.preventDefault();
  });
}
