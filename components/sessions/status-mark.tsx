import clsx from "clsx";
import {
  Archive,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleX,
  LoaderCircle,
  MessageCircleQuestion,
} from "lucide-react";
import type { SessionStatus } from "#lib/session-state.ts";
import { statusWords } from "./status-words.ts";

const icons = {
  preparing: CircleDashed,
  prepared: CirclePause,
  working: LoaderCircle,
  needs_you: MessageCircleQuestion,
  idle: CircleCheck,
  failed: CircleX,
  archived: Archive,
} as const satisfies Record<SessionStatus, unknown>;

const colours: Record<SessionStatus, string> = {
  preparing: "text-running",
  prepared: "text-accent",
  working: "text-running",
  needs_you: "text-warning",
  idle: "text-faint",
  failed: "text-danger",
  archived: "text-faint",
};

interface StatusMarkProps {
  status: SessionStatus;
  /** Only the icon is seen; the word is read out. */
  hidesWord?: boolean;
  className?: string;
}

/** Icon and word, never the colour alone. */
export function StatusMark({ status, hidesWord = false, className }: StatusMarkProps) {
  const Icon = icons[status];
  const isTurning = status === "working" || status === "preparing";
  return (
    <span
      data-status={status}
      title={hidesWord ? statusWords[status] : undefined}
      className={clsx(
        "inline-flex shrink-0 items-center gap-1.5 text-meta font-medium",
        colours[status],
        className,
      )}
    >
      <Icon aria-hidden className={clsx("size-3.5", isTurning && "turning")} />
      <span className={clsx(hidesWord && "sr-only")}>{statusWords[status]}</span>
    </span>
  );
}
