"use client";

import type { PromptState } from "#lib/session-state.ts";
import { useHydrated } from "#components/ui/use-hydrated.ts";

const words = { accepted: "Accepted", delivered: "Delivered", started: "Started" } as const;

/** How far a prompt has come on its way, in a word; hovering tells when it came where. */
export function PromptReceipt({ prompt }: { prompt: PromptState }) {
  const isHydrated = useHydrated();
  if (prompt.status === "settled") return null;
  return (
    <span title={isHydrated ? describeWay(prompt) : undefined} className="text-faint">
      {words[prompt.status]}
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
