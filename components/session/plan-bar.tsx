"use client";

import { useAtomValue } from "jotai";
import { ChevronRight, ListTodo } from "lucide-react";
import { visibleText } from "#components/format/visible-text.ts";
import { Checklist } from "#components/transcript/checklist.tsx";
import { isBusyAtom, planAtom } from "./plan-atoms.ts";

/** What the agent has set out to do in the running turn: one line that opens into the whole list. */
export function PlanBar() {
  const isBusy = useAtomValue(isBusyAtom);
  const entries = useAtomValue(planAtom);
  if (!isBusy || entries.length === 0) return null;
  const doneCount = entries.filter(({ status }) => status === "completed").length;
  const current = entries.find(({ status }) => status === "in_progress");
  return (
    <details className="group relative rounded border border-line bg-surface text-label">
      <summary className="flex items-center gap-2 rounded px-3 py-1.5 text-soft marker:content-none hover:text-ink pointer-coarse:py-2.5">
        <ListTodo aria-hidden className="size-4 shrink-0" />
        <span className="shrink-0 tabular">
          Plan: {doneCount} of {entries.length} done
        </span>
        {current && (
          <span className="min-w-0 flex-1 truncate group-open:invisible">
            {visibleText(current.content)}
          </span>
        )}
        <ChevronRight
          aria-hidden
          className="ml-auto size-4 shrink-0 transition-transform group-open:rotate-90"
        />
      </summary>
      <div
        role="group"
        aria-label="Plan"
        tabIndex={0}
        className="max-h-[30dvh] overflow-y-auto border-t border-line px-3 py-1.5 focus-visible:-outline-offset-2"
      >
        <Checklist entries={entries} />
      </div>
    </details>
  );
}
