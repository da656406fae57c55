import { formatCount } from "#components/format/format-count.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { LoadMore } from "#components/ui/load-more.tsx";
import type { SharedOutputsPage } from "#lib/shared-output.ts";
import { outputKind } from "#lib/output-kind.ts";
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
    <details className="mb-6 rounded border border-line">
      <summary className="cursor-pointer px-4 py-2 text-label text-soft hover:text-ink">
        {formatCount(total, "output")}
      </summary>
      <ul aria-label="Outputs" className="grid grid-cols-2 gap-3 px-4 pt-1 pb-4 sm:grid-cols-3">
        {outputs.map(({ outputId, mime, name, state }) => {
          const address = `/api/v1/shares/${token}/outputs/${outputId}`;
          return (
            <li key={outputId} className="min-w-0">
              <a href={address} target="_blank" rel="noreferrer" className="flex flex-col gap-1">
                {outputKind(mime) === "picture" && (
                  // oxlint-disable-next-line nextjs/no-img-element
                  <img
                    src={address}
                    alt=""
                    loading="lazy"
                    className="aspect-4/3 w-full rounded border border-line bg-sunken object-contain"
                  />
                )}
                <span className="truncate text-label text-ink" title={visibleText(name)}>
                  {visibleText(name)}
                </span>
                {state === "incomplete" && (
                  <span className="text-meta text-faint">Ended in the middle</span>
                )}
              </a>
            </li>
          );
        })}
      </ul>
      <div className="flex justify-center px-4 pb-4 empty:hidden">
        <LoadMore {...query} />
      </div>
    </details>
  );
}
