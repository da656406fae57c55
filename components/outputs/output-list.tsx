"use client";

import { QueryNotice, RowsToCome } from "#components/ingest/query-notice.tsx";
import { Button } from "#components/ui/button.tsx";
import { OutputRow } from "./output-row.tsx";
import { OutputTile } from "./output-tile.tsx";
import { useOutputs, type OutputFilter } from "./use-outputs.ts";

interface OutputListProps extends OutputFilter {
  /** Shows everything again. */
  onReset: () => void;
}

/** Outputs that are looked for; pictures alone are a gallery. */
export function OutputList({ kind, text, onReset }: OutputListProps) {
  const { data, error, isFetching, fetchNextPage, hasNextPage, refetch } = useOutputs({
    kind,
    text,
  });
  const outputs = data?.pages.flatMap((page) => page.outputs) ?? [];
  const isGallery = kind === "picture";
  const fetchWhenNear = (element: HTMLElement | null) => {
    if (element === null) return undefined;
    const observer = new IntersectionObserver(
      ([entry]) => entry?.isIntersecting && hasNextPage && !isFetching && void fetchNextPage(),
      { rootMargin: "600px 0px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  };
  if (data && outputs.length === 0)
    return (
      <p className="flex flex-wrap items-center gap-3 px-5 py-4 text-label text-soft">
        {isFetching ? "Looking …" : "No output is like this."}
        <Button isSmall onClick={onReset}>
          Show all
        </Button>
      </p>
    );
  return (
    <>
      {error && (
        <div className="px-5 pt-4">
          <QueryNotice error={error} onRetry={() => void refetch()} />
        </div>
      )}
      <ul
        aria-label="Outputs"
        className={isGallery ? "grid grid-cols-2 gap-3 p-4" : "flex flex-col p-2"}
      >
        {outputs.map((output) => (
          <li
            key={output.outputId}
            className="min-w-0 [contain-intrinsic-size:auto_3.5rem] [content-visibility:auto]"
          >
            {isGallery ? <OutputTile output={output} /> : <OutputRow output={output} hasTime />}
          </li>
        ))}
      </ul>
      {!error && (hasNextPage || !data) && (
        <div ref={fetchWhenNear}>
          <RowsToCome count={3} label="Loading outputs" />
        </div>
      )}
    </>
  );
}
