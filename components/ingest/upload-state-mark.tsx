import clsx from "clsx";
import {
  CircleCheck,
  CircleDashed,
  CircleX,
  LoaderCircle,
  Upload as UploadIcon,
} from "lucide-react";
import type { UploadState } from "#lib/upload.ts";
import { uploadWords } from "./upload-words.ts";

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

/** Icon and word of what an upload is doing. */
export function UploadStateMark({ state }: { state: UploadState }) {
  const Icon = icons[state];
  return (
    <span
      data-upload-state={state}
      className={clsx(
        "inline-flex shrink-0 items-center gap-1.5 text-meta font-medium",
        colours[state],
      )}
    >
      <Icon aria-hidden className={clsx("size-3.5", state === "running" && "turning")} />
      {uploadWords[state]}
    </span>
  );
}
