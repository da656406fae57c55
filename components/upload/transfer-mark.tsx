import {
  Ban,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleX,
  CloudOff,
  Upload as UploadIcon,
} from "lucide-react";
import { StateMark } from "#components/ui/state-mark.tsx";
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

export function TransferMark({ state }: { state: TransferState }) {
  return (
    <StateMark
      data-transfer-state={state}
      icon={icons[state]}
      word={transferWords[state]}
      colour={colours[state]}
    />
  );
}
