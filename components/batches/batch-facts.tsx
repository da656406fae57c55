"use client";

import type { ReactNode } from "react";
import type { Batch, BatchUse } from "#lib/batch.ts";
import { formatCost, formatTokens } from "#components/format/format-count.ts";
import { formatElapsed } from "#components/format/format-duration.ts";
import { useNow } from "#components/ui/clock.tsx";
import { RelativeTime } from "#components/ui/relative-time.tsx";

/** What the batch came to so far: sessions, cost, time, and what was wrong with its lines. */
export function BatchFacts({ batch, use }: { batch: Batch; use: BatchUse }) {
  const { conflictCount, duplicateCount, unassignedCount, skippedItemCount } = batch;
  const { createdAt, webhook, concurrency } = batch;
  const facts: [string, ReactNode][] = [
    ["Sessions", use.sessionCount.toLocaleString("en")],
    ["Cost", use.costUsd === null ? "Not told" : formatCost(use.costUsd)],
    ["Tokens", use.tokens === null ? "Not told" : formatTokens(use.tokens)],
    ["At one time", concurrency.toLocaleString("en")],
    ["Begun", <RelativeTime key="begun" iso={createdAt} />],
    ["Took", <Took key="took" batch={batch} />],
    ["Conflicts", conflictCount.toLocaleString("en")],
    ["Came again", duplicateCount.toLocaleString("en")],
    ["Too large", use.oversizedCount.toLocaleString("en")],
    ["Without an index", unassignedCount.toLocaleString("en")],
  ];
  if (batch.kind === "import") facts.push(["Items skipped", skippedItemCount.toLocaleString("en")]);
  if (webhook) facts.push(["Told", describeWebhook(webhook)]);
  return (
    <section aria-labelledby="outcome" className="flex flex-col gap-3">
      <h2 id="outcome" className="text-label font-semibold">
        Outcome
      </h2>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 rounded border border-line bg-surface p-4 sm:grid-cols-3">
        {facts.map(([name, value]) => (
          <div key={name} className="flex flex-col gap-0.5">
            <dt className="text-meta text-faint">{name}</dt>
            <dd className="text-label tabular">{value}</dd>
          </div>
        ))}
      </dl>
      {conflictCount > 0 && (
        <p className="text-meta text-soft">
          A conflict is a line that came again with other content: the first one stands.
        </p>
      )}
    </section>
  );
}

/** The clock stands while nothing is at work and only lines are missing. */
function Took({ batch: { createdAt, finishedAt, lastLineAt, counts } }: { batch: Batch }) {
  const nowMs = useNow();
  const isAtWork = counts.queued + counts.running > 0;
  const endMs = finishedAt === null && isAtWork ? nowMs : Date.parse(finishedAt ?? lastLineAt);
  return formatElapsed(endMs - Date.parse(createdAt));
}

function describeWebhook({ url, sentAt, isDue, reason }: NonNullable<Batch["webhook"]>): string {
  const host = new URL(url).host;
  if (sentAt !== null) return host;
  if (reason === null) return `${host}, at the end`;
  return `${host}: ${reason}${isDue ? ", to be tried again" : ""}`;
}
