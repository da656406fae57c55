"use client";

import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useId, useRef, type FormEvent, type Ref } from "react";
import type { Batch } from "#lib/batch.ts";
import type { IndexRanges } from "#lib/batch-lines/keep-wanted.ts";
import { useTRPC, useTRPCClient } from "#components/api/trpc.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import { formatCount } from "#components/format/format-count.ts";
import { QueryNotice, RowsToCome } from "#components/ingest/query-notice.tsx";
import { Button } from "#components/ui/button.tsx";
import { LoadMore } from "#components/ui/load-more.tsx";
import { BatchItemRow } from "./batch-item-row.tsx";
import type { BatchItemsPage } from "./batch-view.ts";
import { describeRanges, isLineChoice, type LineFilter } from "./batch-words.ts";
import { usePaced } from "./use-paced.ts";

interface BatchItemsProps {
  ref: Ref<HTMLElement>;
  batch: Batch;
  filter: LineFilter;
  /** Of the first row. */
  startIndex: number;
  onGoTo: (index: number) => void;
  gaps: IndexRanges;
  linesVersion: number;
  firstItems: BatchItemsPage;
}

/** The lines in the order of their indexes: what the grid shows, for reading, searching and going to sessions. */
export function BatchItems(props: BatchItemsProps) {
  const { ref, batch, filter, startIndex, onGoTo, gaps } = props;
  return (
    <section ref={ref} aria-labelledby="lines" className="flex scroll-mt-4 flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <h2 id="lines" className="text-label font-semibold">
          Lines{startIndex > 0 && ` from index ${startIndex}`}
        </h2>
        <GoToLine onGoTo={onGoTo} />
      </div>
      {filter === "missing" && (
        <p className="rounded border border-line bg-surface px-4 py-3 text-label tabular">
          {gaps.length === 0 ? "No index is missing." : `No line came for ${describeRanges(gaps)}.`}
        </p>
      )}
      {filter === "unassigned" && <UnassignedLines batch={batch} />}
      {filter !== "missing" && filter !== "unassigned" && <ItemTable {...props} />}
    </section>
  );
}

function GoToLine({ onGoTo }: { onGoTo: (index: number) => void }) {
  const id = useId();
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const index = Number(new FormData(event.currentTarget).get("index"));
    if (Number.isSafeInteger(index) && index >= 0) onGoTo(index);
  }
  return (
    <form onSubmit={submit} className="flex items-center gap-2 text-meta">
      <label htmlFor={id} className="text-soft">
        Go to index
      </label>
      <input
        id={id}
        name="index"
        type="number"
        inputMode="numeric"
        min={0}
        required
        className="field h-7 w-24 px-2 text-meta tabular pointer-coarse:h-9"
      />
      <Button isSmall type="submit">
        Go
      </Button>
    </form>
  );
}

function ItemTable({ batch, filter, startIndex, linesVersion, firstItems }: BatchItemsProps) {
  const { items, query } = useItems({ batch, filter, startIndex, linesVersion, firstItems });
  const [first] = items;
  const {
    error,
    isPending,
    isPlaceholderData,
    hasNextPage,
    isFetchingNextPage,
    fetchNextPage,
    refetch,
  } = query;
  return (
    <>
      {error && <QueryNotice error={error} onRetry={() => void refetch()} />}
      {isPending && <RowsToCome count={4} label="Loading lines …" />}
      {!isPending && items.length === 0 && (
        <p className="rounded border border-dashed border-line px-3 py-4 text-label text-faint">
          {emptyWords({ batch, filter, startIndex })}
        </p>
      )}
      {filter === "all" &&
        startIndex > 0 &&
        !isPlaceholderData &&
        first &&
        first.index > startIndex && (
          <p role="status" className="text-meta text-soft">
            There is no line with the index {startIndex}: the next one has {first.index}.
          </p>
        )}
      {items.length > 0 && (
        <table className="block w-full rounded border border-line bg-surface text-left text-label sm:table sm:border-separate sm:border-spacing-0">
          <thead className="text-meta text-faint max-sm:sr-only">
            <tr className="[&>th]:border-b [&>th]:border-line [&>th]:px-3 [&>th]:py-2 [&>th]:font-medium">
              <th scope="col">Index</th>
              <th scope="col">State</th>
              <th scope="col">Session</th>
              <th scope="col" className="text-right">
                Cost
              </th>
              <th scope="col">
                <span className="sr-only">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody className="max-sm:block">
            {items.map((item) => (
              <BatchItemRow key={item.index} batch={batch} item={item} />
            ))}
          </tbody>
        </table>
      )}
      <LoadMore {...{ hasNextPage, isFetchingNextPage, fetchNextPage }} />
    </>
  );
}

function emptyWords({
  batch,
  filter,
  startIndex,
}: Pick<BatchItemsProps, "batch" | "filter" | "startIndex">): string {
  if (filter !== "all") return "No line is like that.";
  if (batch.received > 0 && startIndex > 0)
    return `There is no line with the index ${startIndex}, nor one behind it.`;
  if (batch.received > 0) return "Loading lines …";
  return batch.state === "open" ? "No line has come yet." : "No line came.";
}

const READ_AGAIN_MS = 1_000;

type ItemsQuery = Omit<BatchItemsProps, "ref" | "onGoTo" | "gaps">;

/** Read again when lines changed, a page a second at most. */
function useItems({ batch, filter, startIndex, linesVersion, firstItems }: ItemsQuery) {
  const { batchId } = batch;
  const state = isLineChoice(filter) ? filter : null;
  const isFirst = state === null && startIndex === 0;
  const trpc = useTRPC();
  const query = useInfiniteQuery(
    trpc.batch.items.infiniteQueryOptions(
      { batchId, state, from: startIndex },
      {
        getNextPageParam: (page) => page.next,
        placeholderData: keepPreviousData,
        ...(isFirst && { initialData: { pages: [firstItems], pageParams: [null] } }),
      },
    ),
  );
  const pageCount = query.data?.pages.length ?? 1;
  const version = usePaced(linesVersion, READ_AGAIN_MS * pageCount);
  const readVersion = useRef(version);
  const { refetch } = query;
  useEffect(() => {
    if (readVersion.current === version) return;
    readVersion.current = version;
    void refetch();
  }, [version, refetch]);
  return { items: query.data?.pages.flatMap((page) => page.items) ?? [], query };
}

function UnassignedLines({ batch: { batchId, unassignedCount } }: { batch: Batch }) {
  const client = useTRPCClient();
  const { data, error, refetch } = useQuery({
    queryKey: ["unassigned-lines", batchId, unassignedCount],
    queryFn: () => client.batch.unassigned.query({ batchId }),
    placeholderData: keepPreviousData,
  });
  if (error) return <QueryNotice error={error} onRetry={() => void refetch()} />;
  if (!data) return <RowsToCome count={2} label="Loading lines …" />;
  return (
    <>
      <p className="text-meta text-soft">
        {formatCount(unassignedCount, "line")} could not be read, and nobody can say which index{" "}
        {unassignedCount === 1 ? "it has" : "they have"}: that index shows as missing.
      </p>
      <ul aria-labelledby="lines" className="rounded border border-line bg-surface text-label">
        {data.map(({ position, sha256, lineNumber, bytes, reason }) => (
          <li
            key={`${position} ${sha256}`}
            className="flex flex-wrap gap-x-4 gap-y-1 border-b border-line px-4 py-2.5 last:border-b-0"
          >
            <span className="tabular">Line {lineNumber.toLocaleString("en")} of its request</span>
            <span className="text-faint tabular">{formatBytes(bytes)}</span>
            <span className="w-full text-danger">{reason}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
