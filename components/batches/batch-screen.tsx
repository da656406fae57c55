"use client";

import { useMemo, useRef, useState } from "react";
import type { Batch } from "#lib/batch.ts";
import { formatCount } from "#components/format/format-count.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { ConnectionMark } from "#components/session/connection-mark.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { BatchActions } from "./batch-actions.tsx";
import { BatchFacts } from "./batch-facts.tsx";
import { BatchGrid } from "./batch-grid.tsx";
import { BatchItems } from "./batch-items.tsx";
import { BatchMark } from "./batch-marks.tsx";
import type { BatchItemsPage, FirstBatchView } from "./batch-view.ts";
import {
  describeSize,
  findGaps,
  itemWords,
  type LineFilter,
  outcomeOf,
  shareEnded,
} from "./batch-words.ts";
import { FailureReasons } from "./failure-reasons.tsx";
import { LineFilterBar } from "./line-filter-bar.tsx";
import { SendingPanel } from "./sending-panel.tsx";
import { useLiveBatch } from "./use-live-batch.ts";

interface BatchScreenProps {
  first: FirstBatchView;
  firstItems: BatchItemsPage;
}

/** A batch: how far it is, what became of each line, and what can be done. */
export function BatchScreen({ first, firstItems }: BatchScreenProps) {
  const { batch, use, states, linesVersion, error } = useLiveBatch(first);
  const [filter, setFilter] = useState<LineFilter>("all");
  const [startIndex, setStartIndex] = useState(0);
  const table = useRef<HTMLElement>(null);
  const { counts, expectedCount, received, missingCount } = batch;
  const cellCount = Math.max(expectedCount ?? 0, received, states.end);
  const gaps = useMemo(
    () => findGaps(states, expectedCount),
    // oxlint-disable-next-line react/exhaustive-deps -- `states` is the same object always
    [states, linesVersion, expectedCount],
  );
  const said = (["done", "running", "queued", "failed", "cancelled"] as const)
    .filter((state) => counts[state] > 0)
    .map((state) => `${counts[state].toLocaleString("en")} ${itemWords[state].toLowerCase()}`);
  if (missingCount > 0) said.push(`${missingCount.toLocaleString("en")} missing`);
  const percent = Math.floor(shareEnded(batch) * 100);

  function goTo(index: number) {
    setFilter("all");
    setStartIndex(index);
    table.current?.scrollIntoView({ block: "start" });
  }

  return (
    <div className="flex flex-col gap-8">
      <header className="flex flex-col gap-3">
        <h1 className="text-title font-semibold tracking-tight text-balance wrap-anywhere">
          {visibleText(first.title ?? describeSize(batch))}
        </h1>
        <div className="@container flex flex-wrap items-center gap-x-4 gap-y-2 text-label text-soft">
          <BatchMark batch={batch} />
          {first.title !== null && <span>{describeSize(batch)}</span>}
          <ConnectionMark />
        </div>
        {batch.message !== null && <p className="text-label text-warning">{batch.message}.</p>}
        {batch.unassignedCount > 0 && <UnassignedNote batch={batch} />}
        {error !== null && (
          <p className="text-label">
            <ErrorText>{error.message}. What is shown may be old.</ErrorText>
          </p>
        )}
        <BatchActions batch={batch} />
      </header>

      <SendingPanel batch={batch} gaps={gaps} />

      <section aria-labelledby="progress" className="flex flex-col gap-3">
        <div className="flex items-baseline justify-between gap-4">
          <h2 id="progress" className="text-label font-semibold">
            Progress
          </h2>
          <p role="status" className="text-label text-soft tabular">
            {percent} %
          </p>
        </div>
        {cellCount > 0 ? (
          <BatchGrid
            states={states}
            linesVersion={linesVersion}
            count={cellCount}
            label={`${formatCount(cellCount, "line")}: ${said.join(", ")}. The table below has each of them.`}
            onChoose={goTo}
          />
        ) : (
          <p className="rounded border border-dashed border-line px-3 py-4 text-label text-faint">
            {batch.state === "open"
              ? "No line has come yet. Send them here, or to the address of this batch."
              : "No line came."}
          </p>
        )}
        <LineFilterBar
          batch={batch}
          oversizedCount={use.oversizedCount}
          filter={filter}
          onChange={(next) => {
            setFilter(next);
            setStartIndex(0);
          }}
        />
      </section>

      <BatchFacts batch={batch} use={use} />
      {counts.failed > 0 && <FailureReasons batch={batch} onChoose={goTo} />}
      <BatchItems
        ref={table}
        batch={batch}
        filter={filter}
        startIndex={startIndex}
        onGoTo={goTo}
        gaps={gaps}
        linesVersion={linesVersion}
        firstItems={firstItems}
      />
    </div>
  );
}

/** A fact only, once every index has its line. */
function UnassignedNote({ batch }: { batch: Batch }) {
  const { state, unassignedCount } = batch;
  const isOne = unassignedCount === 1;
  const what = `${formatCount(unassignedCount, "line")} could not be read and ${isOne ? "has" : "have"} no index`;
  if (state === "done" && outcomeOf(batch) === "complete")
    return <p className="text-label text-soft">{what}. Every index has its line all the same.</p>;
  return (
    <p className="text-label text-warning">
      {what}: no session came of {isOne ? "it" : "them"}.
    </p>
  );
}
