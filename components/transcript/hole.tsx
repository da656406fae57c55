"use client";

import { CircleSlash } from "lucide-react";
import { formatBytes } from "#components/format/format-bytes.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { readNumber, readText } from "#lib/json.ts";
import type { PartView } from "#components/session/session-view.ts";
import { useStep } from "./use-step.ts";

/** Stands where something was refused when it came. */
export function Hole({ part }: { part: PartView }) {
  const byteSize = readNumber(part.data, "byteSize") ?? 0;
  const reason = readText(part.data, "reason");
  return (
    <p
      {...useStep(part.partId === "" ? undefined : part.partId)}
      className="flex scroll-mt-20 items-start gap-2 rounded text-label text-faint"
    >
      <CircleSlash aria-hidden className="mt-0.5 size-4 shrink-0" />
      <span>
        This item was {formatBytes(byteSize)} and was not stored
        {reason !== null && `: ${visibleText(reason)}`}
      </span>
    </p>
  );
}
