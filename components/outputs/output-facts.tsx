import type { Output } from "#lib/output.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { StateMark } from "#components/ui/state-mark.tsx";
import { stateLooks } from "./output-words.ts";
import { useGrowth } from "./use-growth.ts";

/** State, size and type of an output in one line, which is as high whatever they are; the type is cut first. */
export function OutputFacts({ output }: { output: Output }) {
  const { mime, state, error } = output;
  const { bytes, bytesPerSecond } = useGrowth(output);
  const reason = error === null ? null : visibleText(error);
  const words = [
    formatBytes(bytes),
    bytesPerSecond === null ? null : `${formatBytes(bytesPerSecond)}/s`,
    reason,
    visibleText(mime.split(";")[0]?.slice(0, 100) ?? ""),
  ];
  return (
    <span className="flex h-4 min-w-0 items-center gap-x-2 text-meta text-faint tabular">
      <StateMark {...stateLooks[state]} />
      <span className="min-w-0 truncate" title={reason ?? undefined}>
        {words.filter((word) => word !== null && word !== "").join(" · ")}
      </span>
    </span>
  );
}
