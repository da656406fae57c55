import {
  Ban,
  CircleCheck,
  CircleDashed,
  CircleX,
  Download,
  LoaderCircle,
  type LucideIcon,
  TriangleAlert,
} from "lucide-react";
import type { Batch, BatchItemState, BatchState } from "#lib/batch.ts";
import { StateMark } from "#components/ui/state-mark.tsx";
import { batchWords, itemWords, outcomeOf } from "./batch-words.ts";

const batchLooks: Record<BatchState, { icon: LucideIcon; colour: string }> = {
  open: { icon: Download, colour: "text-accent" },
  sealed: { icon: LoaderCircle, colour: "text-running" },
  done: { icon: CircleCheck, colour: "text-success" },
  aborted: { icon: Ban, colour: "text-faint" },
};

/** How a batch does; one that is done says so with a warning where lines or items of it failed, or were lost. */
export function BatchMark({ batch }: { batch: Batch }) {
  const { state } = batch;
  return <StateMark data-batch-state={state} {...lookOf(batch)} isTurning={state === "sealed"} />;
}

function lookOf(batch: Batch) {
  const { state } = batch;
  const look = { ...batchLooks[state], word: batchWords[state] };
  if (state !== "done") return look;
  switch (outcomeOf(batch)) {
    case "failed":
      return { icon: CircleX, colour: "text-danger", word: "Failed" };
    case "partial":
      return { icon: CircleX, colour: "text-danger", word: "Done, some failed" };
    case "lost":
      return { icon: TriangleAlert, colour: "text-warning", word: "Done, not complete" };
    case "complete":
      return look;
  }
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
