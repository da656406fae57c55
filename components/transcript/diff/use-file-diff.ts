import { useEffect, useState } from "react";
import { startWorker } from "#components/worker/start-worker.ts";
import { createWorkerQueue } from "#components/worker/worker-queue.ts";
import type { Change } from "#lib/changes/read-changes.ts";
import { computeDiff, diffCost } from "#lib/changes/compute-diff.ts";
import type { FileDiff } from "#lib/changes/file-diff.ts";

const askWorker = createWorkerQueue({
  start: (listener) =>
    startWorker(
      new Worker(new URL("./diff-worker.ts", import.meta.url), { type: "module" }),
      listener,
    ),
  timeoutMs: 5_000,
  waitingMax: 50,
});

/** The change line by line; `comparing` while a worker is at it, `failed` when it is too large or took too long. */
export function useFileDiff(change: Change): FileDiff | "comparing" | "failed" {
  const cost = diffCost(change);
  const [answer, setAnswer] = useState<{ change: Change; diff: FileDiff | null } | null>(null);
  useEffect(() => {
    if (cost !== "worker") return;
    let isGone = false;
    void askWorker(change).then((diff) => {
      if (!isGone) setAnswer({ change, diff: diff as FileDiff | null });
    });
    return () => {
      isGone = true;
    };
  }, [change, cost]);
  if (cost === "now") return computeDiff(change);
  if (cost === "never") return "failed";
  return answer?.change === change ? (answer.diff ?? "failed") : "comparing";
}
