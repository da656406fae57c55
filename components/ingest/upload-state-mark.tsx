import {
  CircleCheck,
  CircleDashed,
  CircleSlash,
  CircleX,
  LoaderCircle,
  Upload as UploadIcon,
} from "lucide-react";
import { isCancelled, type Upload, type UploadState } from "#lib/upload.ts";
import { StateMark } from "#components/ui/state-mark.tsx";
import { cancelledWord, uploadWords } from "./upload-words.ts";

const icons = {
  receiving: UploadIcon,
  queued: CircleDashed,
  running: LoaderCircle,
  done: CircleCheck,
  failed: CircleX,
} as const satisfies Record<UploadState, unknown>;

const colours: Record<UploadState, string> = {
  receiving: "text-running",
  queued: "text-faint",
  running: "text-running",
  done: "text-success",
  failed: "text-danger",
};

export function UploadStateMark({ upload }: { upload: Pick<Upload, "state" | "error"> }) {
  const { state } = upload;
  if (state === "failed" && isCancelled(upload)) {
    return (
      <StateMark
        data-upload-state={state}
        icon={CircleSlash}
        word={cancelledWord}
        colour="text-faint"
      />
    );
  }
  return (
    <StateMark
      data-upload-state={state}
      icon={icons[state]}
      word={uploadWords[state]}
      colour={colours[state]}
      isTurning={state === "running"}
    />
  );
}
