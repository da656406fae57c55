import type { Output } from "#lib/output.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { StateMark } from "#components/ui/state-mark.tsx";
import { stateLooks } from "./output-words.ts";
import { useGrowth } from "./use-growth.ts";

/** Type, size and state of an output in one line, which is as high whatever they are. */
export function OutputFacts({ output }: { output: Output }) {
  const { mime, state, error } = output;
  const { bytes, bytesPerSecond } = useGrowth(output);
  const words = [
    visibleText(mime.split(";")[0]?.slice(0, 100) ?? ""),
    formatBytes(bytes),
    bytesPerSecond === null ? null : `${formatBytes(bytesPerSecond)}/s`,
  ];
  return (
    <span className="flex h-4 min-w-0 items-center gap-x-2 text-meta text-faint tabular">
      <StateMark {...stateLooks[state]} />
      <span className="min-w-0 truncate" title={error === null ? undefined : visibleText(error)}>
        {words.filter((word) => word !== null && word !== "").join(" · ")}
        {error !== null && ` · ${visibleText(error)}`}
      </span>
    </span>
  );
}
