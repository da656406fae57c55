"use client";

import clsx from "clsx";
import { useAtomValue } from "jotai";
import type { MouseEvent, ReactNode } from "react";
import { isCancelled } from "#lib/upload.ts";
import { formatCount } from "#components/format/format-count.ts";
import { sessionStateAtom, sessionViewAtom } from "#components/session/session-atoms.ts";
import type { IngestSection } from "./ingest-atoms.ts";
import { progressOf, toShownUpload } from "./shown-upload.ts";
import { useIngestPanel } from "./use-ingest-panel.ts";

/** What is under way or went wrong with what was brought here; each leads to its place in the panel. */
export function IngestBadges({ className }: { className?: string }) {
  const { uploads, skippedItemCount } = useAtomValue(sessionStateAtom);
  const { progress } = useAtomValue(sessionViewAtom);
  const failedCount = uploads.filter(
    (upload) => upload.state === "failed" && !isCancelled(upload),
  ).length;
  const underWay = uploads.find(({ state }) => state !== "failed");
  const value = underWay && progressOf(toShownUpload(underWay, progress[underWay.uploadId]));
  if (!underWay && failedCount === 0 && skippedItemCount === 0) return null;
  return (
    <div className={clsx("shrink-0 items-center gap-2", className)}>
      {underWay && (
        <Badge section="uploads" tone="running">
          {underWay.state === "receiving" ? "Arriving" : "Being read"}
          {value != null && ` ${Math.floor(value * 100)} %`}
        </Badge>
      )}
      {failedCount > 0 && (
        <Badge section="uploads" tone="danger">
          {formatCount(failedCount, "upload")} failed
        </Badge>
      )}
      {skippedItemCount > 0 && (
        <Badge section="skipped" tone="warning">
          {formatCount(skippedItemCount, "item")} skipped
        </Badge>
      )}
    </div>
  );
}

const tones = {
  running: "border-running text-running",
  warning: "border-warning text-warning",
  danger: "border-danger text-danger",
} as const;

interface BadgeProps {
  section: IngestSection;
  tone: keyof typeof tones;
  children: ReactNode;
}

function Badge({ section, tone, children }: BadgeProps) {
  const { open } = useIngestPanel();
  function onClick(event: MouseEvent) {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    open(section);
  }
  return (
    <a
      href={`#${section}`}
      onClick={onClick}
      className={clsx(
        "inline-flex h-6 shrink-0 items-center rounded-full border px-2 text-meta whitespace-nowrap tabular hover:bg-hover pointer-coarse:h-8",
        tones[tone],
      )}
    >
      {children}
    </a>
  );
}
