"use client";

import { useAtomValue } from "jotai";
import type { PromptState } from "#lib/session-state.ts";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import { sessionStateAtom } from "./session-atoms.ts";

const words = { accepted: "Accepted", delivered: "Delivered", started: "Started" } as const;

/** How far a prompt has come on its way, in a word; hovering tells when it came where. */
export function PromptReceipt({ prompt }: { prompt: PromptState }) {
  const isHydrated = useHydrated();
  if (prompt.status === "settled") return null;
  return (
    <span title={isHydrated ? describeWay(prompt) : undefined} className="text-faint">
      {prompt.waitsFor === "retry" ? "Waits for Retry" : words[prompt.status]}
    </span>
  );
}

/** The last word of the way; of a session that was brought here nobody knows it. */
export function DoneReceipt({ doneMs }: { doneMs: number }) {
  const isHydrated = useHydrated();
  const { hasWorkspace } = useAtomValue(sessionStateAtom);
  if (!hasWorkspace) return null;
  return (
    <span
      title={isHydrated ? `Done ${new Date(doneMs).toLocaleTimeString()}` : undefined}
      className="text-faint"
    >
      Done
    </span>
  );
}

/** In the reader's zone, which only the browser knows. */
function describeWay({ createdAt, deliveredAt, startedAt }: PromptState): string {
  const steps: [string, string | null][] = [
    ["Accepted", createdAt],
    ["delivered", deliveredAt],
    ["started", startedAt],
  ];
  return steps
    .flatMap(([word, iso]) =>
      iso === null ? [] : [`${word} ${new Date(iso).toLocaleTimeString()}`],
    )
    .join(" · ");
}
