import {
  Ban,
  CircleCheck,
  CircleDashed,
  CircleX,
  Download,
  LoaderCircle,
  type LucideIcon,
} from "lucide-react";
import type { Batch, BatchItemState, BatchState } from "#lib/batch.ts";
import { StateMark } from "#components/ui/state-mark.tsx";
import { batchWords, itemWords } from "./batch-words.ts";

const batchLooks: Record<BatchState, { icon: LucideIcon; colour: string }> = {
  open: { icon: Download, colour: "text-accent" },
  sealed: { icon: LoaderCircle, colour: "text-running" },
  done: { icon: CircleCheck, colour: "text-success" },
  aborted: { icon: Ban, colour: "text-faint" },
};

/** How a batch does; one that is done says so with a warning where lines of it failed. */
export function BatchMark({ batch }: { batch: Pick<Batch, "state" | "counts"> }) {
  const { state, counts } = batch;
  const hasFailed = state === "done" && counts.failed > 0;
  const look = hasFailed ? { icon: CircleX, colour: "text-danger" } : batchLooks[state];
  const word = hasFailed ? "Done, some failed" : batchWords[state];
  return (
    <StateMark data-batch-state={state} {...look} word={word} isTurning={state === "sealed"} />
  );
}

const itemLooks: Record<BatchItemState, { icon: LucideIcon; colour: string }> = {
  queued: { icon: CircleDashed, colour: "text-faint" },
  running: { icon: LoaderCircle, colour: "text-running" },
  done: { icon: CircleCheck, colour: "text-success" },
  failed: { icon: CircleX, colour: "text-danger" },
  cancelled: { icon: Ban, colour: "text-faint" },
};

export function ItemMark({ state }: { state: BatchItemState }) {
  return (
    <StateMark
      data-item-state={state}
      {...itemLooks[state]}
      word={itemWords[state]}
      isTurning={state === "running"}
    />
  );
}
