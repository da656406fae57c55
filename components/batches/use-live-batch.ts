"use client";

import { useEffect, useState } from "react";
import type { Batch, BatchUse } from "#lib/batch.ts";
import { LineStates } from "#lib/line-states.ts";
import type { LiveError, LiveEvent } from "#lib/live-protocol.ts";
import { getLiveClient } from "#components/api/live.ts";
import type { FirstBatchView } from "./batch-view.ts";

export interface LiveBatch {
  batch: Batch;
  use: BatchUse;
  /** The same object always: `linesVersion` says when it changed. */
  states: LineStates;
  linesVersion: number;
  /** Why nothing more is told; null as long as it is. */
  error: LiveError | null;
}

/** A batch as the page was rendered with, and as it becomes. */
export function useLiveBatch(first: FirstBatchView): LiveBatch {
  const { batchId } = first.batch;
  const [view, setView] = useState(() => viewOf(first));
  useEffect(
    () =>
      getLiveClient().subscribe(`batch:${batchId}`, {
        cursor: null,
        onEvents: (events) => setView((current) => apply(current, events)),
        onError: (error) => setView((current) => ({ ...current, error })),
      }),
    [batchId],
  );
  return view;
}

function viewOf({ batch, use, lines }: FirstBatchView): LiveBatch {
  const states = new LineStates();
  states.set(lines);
  return { batch, use, states, linesVersion: 0, error: null };
}

function apply(view: LiveBatch, events: readonly LiveEvent[]): LiveBatch {
  let { batch, use, linesVersion } = view;
  for (const event of events) {
    if (event.type === "batch") ({ batch, use } = event);
    if (event.type !== "batch-lines") continue;
    view.states.set(event.lines);
    linesVersion += 1;
  }
  return { ...view, batch, use, linesVersion, error: null };
}
