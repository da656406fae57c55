import clsx from "clsx";
import {
  Ban,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleX,
  CloudOff,
  Upload as UploadIcon,
} from "lucide-react";
import type { TransferState } from "./transfer.ts";
import { transferWords } from "./transfer-words.ts";

const icons = {
  checking: CircleDashed,
  waiting: CircleDashed,
  sending: UploadIcon,
  paused: CirclePause,
  offline: CloudOff,
  sent: CircleCheck,
  failed: CircleX,
  refused: Ban,
} as const satisfies Record<TransferState, unknown>;

const colours: Record<TransferState, string> = {
  checking: "text-faint",
  waiting: "text-faint",
  sending: "text-running",
  paused: "text-soft",
  offline: "text-warning",
  sent: "text-success",
  failed: "text-danger",
  refused: "text-danger",
};

/** Icon and word of what a file is doing. */
export function TransferMark({ state }: { state: TransferState }) {
  const Icon = icons[state];
  return (
    <span
      data-transfer-state={state}
      className={clsx(
        "inline-flex shrink-0 items-center gap-1.5 text-meta font-medium",
        colours[state],
      )}
    >
      <Icon aria-hidden className="size-3.5" />
      {transferWords[state]}
    </span>
  );
}
