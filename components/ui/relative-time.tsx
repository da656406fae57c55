"use client";

import { formatRelativeTime } from "#components/format/format-relative-time.ts";
import { useNow } from "./clock.tsx";
import { useHydrated } from "./use-hydrated.ts";

/** `5 min ago`; hovering tells the exact time in the reader's zone, which only the browser knows. */
export function RelativeTime({ iso, className }: { iso: string; className?: string }) {
  const nowMs = useNow();
  const isHydrated = useHydrated();
  const exact = isHydrated
    ? new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" })
    : undefined;
  return (
    <time dateTime={iso} title={exact} className={className}>
      {formatRelativeTime(iso, nowMs)}
    </time>
  );
}
