import { ChevronRight } from "lucide-react";
import { formatCount } from "#components/format/format-count.ts";
import { LoadMore } from "#components/ui/load-more.tsx";
import type { SharedOutputsPage } from "#lib/shared-output.ts";
import { SharedOutputTile } from "./shared-output-tile.tsx";
import type { ShareSource } from "./share-source.ts";
import { useSharedOutputs } from "./use-shared-outputs.ts";

interface SharedOutputsProps {
  token: string;
  share: ShareSource;
  initial: SharedOutputsPage;
}

/** What came out beside the transcript, to look at and to keep; nothing where nothing did, or it is hidden. */
export function SharedOutputs({ token, share, initial }: SharedOutputsProps) {
  const { data, ...query } = useSharedOutputs({ token, share, initial });
  const outputs = data.pages.flatMap((page) => page.outputs);
  const total = data.pages[0]?.total ?? 0;
  if (outputs.length === 0) return null;
  return (
    <details className="group mb-6 rounded border border-line">
      <summary className="flex items-center gap-1.5 rounded px-3 py-2 text-label text-soft marker:content-none hover:text-ink">
        <ChevronRight aria-hidden className="size-4 transition-transform group-open:rotate-90" />
        {formatCount(total, "output")}
      </summary>
      <ul aria-label="Outputs" className="grid grid-cols-2 gap-2 px-3 pt-1 pb-4 sm:grid-cols-3">
        {outputs.map((output) => (
          <li key={output.outputId} className="min-w-0">
            <SharedOutputTile
              output={output}
              address={`/api/v1/shares/${token}/outputs/${output.outputId}`}
            />
          </li>
        ))}
      </ul>
      <div className="flex justify-center px-4 pb-4 empty:hidden">
        <LoadMore {...query} />
      </div>
    </details>
  );
}
