import {
  Archive,
  CircleCheck,
  CircleDashed,
  CircleOff,
  CirclePause,
  CircleX,
  LoaderCircle,
  MessageCircleQuestion,
  Trash2,
} from "lucide-react";
import type { SessionStatus } from "#lib/session-state.ts";
import { StateMark } from "#components/ui/state-mark.tsx";
import { statusWords } from "./status-words.ts";

const icons = {
  preparing: CircleDashed,
  prepared: CirclePause,
  working: LoaderCircle,
  needs_you: MessageCircleQuestion,
  idle: CircleCheck,
  failed: CircleX,
  empty: CircleOff,
  archived: Archive,
  trashed: Trash2,
} as const satisfies Record<SessionStatus, unknown>;

const colours: Record<SessionStatus, string> = {
  preparing: "text-running",
  prepared: "text-accent",
  working: "text-running",
  needs_you: "text-warning",
  idle: "text-faint",
  failed: "text-danger",
  empty: "text-faint",
  archived: "text-faint",
  trashed: "text-faint",
};

interface StatusMarkProps {
  status: SessionStatus;
  /** Only the icon is seen; the word is read out. */
  hidesWord?: boolean;
  className?: string;
}

export function StatusMark({ status, ...rest }: StatusMarkProps) {
  return (
    <StateMark
      {...rest}
      data-status={status}
      icon={icons[status]}
      word={statusWords[status]}
      colour={colours[status]}
      isTurning={status === "working" || status === "preparing"}
    />
  );
}
