"use client";

import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { useEffect, useRef } from "react";
import { useTRPC } from "#components/api/trpc.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import { sessionStateAtom } from "#components/session/session-atoms.ts";
import { Button } from "#components/ui/button.tsx";
import { PanelSection } from "./panel-section.tsx";
import { describeNoSkips } from "./recognised.ts";
import { QueryNotice, RowsToCome } from "./query-notice.tsx";
import { Words } from "./words.tsx";

/** Every item that was refused, with its place, size and reason. */
export function SkipLedger() {
  const trpc = useTRPC();
  const { sessionId, skippedItemCount } = useAtomValue(sessionStateAtom);
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } =
    useInfiniteQuery(
      trpc.upload.skippedItems.infiniteQueryOptions(
        { sessionId },
        { getNextPageParam: (page) => page.next },
      ),
    );
  useFreshAfterCount(skippedItemCount);
  const items = data?.pages.flatMap((page) => page.items) ?? [];
  const isOfMany = new Set(items.map((item) => item.uploadId)).size > 1;
  return (
    <PanelSection
      name="skipped"
      title="Skipped items"
      note={skippedItemCount > 0 && skippedItemCount.toLocaleString("en")}
    >
      {isPending && <RowsToCome count={skippedItemCount > 0 ? 2 : 1} label="Loading the list …" />}
      {error && (
        <div className="px-5 pt-3">
          <QueryNotice error={error} onRetry={() => void refetch()} />
        </div>
      )}
      {data && items.length === 0 && <NothingSkipped />}
      {items.length > 0 && (
        <ol aria-label="Skipped items" className="flex flex-col pt-1">
          {items.map((item) => (
            <SkippedRow key={item.id} item={item} isNamed={isOfMany} />
          ))}
        </ol>
      )}
      {hasNextPage && (
        <Button
          className="mx-5 mt-3 self-start"
          disabled={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          {isFetchingNextPage ? "Loading more …" : "More skipped items"}
        </Button>
      )}
    </PanelSection>
  );
}

/** Claims that all is here only where nothing was left out in another way. */
function NothingSkipped() {
  const trpc = useTRPC();
  const { sessionId } = useAtomValue(sessionStateAtom);
  const { data } = useQuery(trpc.upload.coverage.queryOptions({ sessionId }));
  return <p className="px-5 pt-2 text-label text-faint">{describeNoSkips(data)}</p>;
}

interface SkippedRowItem {
  uploadName: string | null;
  itemIndex: number;
  byteSize: number;
  reason: string;
  type: string | null;
  messageId: string | null;
  partId: string | null;
}

/** `isNamed`: says which upload it is of. */
function SkippedRow({ item, isNamed }: { item: SkippedRowItem; isNamed: boolean }) {
  const { uploadName, itemIndex, byteSize, reason, type, messageId, partId } = item;
  const names = [type, messageId, partId].filter((name) => name !== null && name !== "");
  return (
    <li className="grid grid-cols-[1fr_auto] gap-x-3 border-b border-line px-5 py-2.5 last:border-b-0">
      <span className="min-w-0 text-label wrap-anywhere">
        <Words text={reason} />
      </span>
      <span className="text-right text-meta text-soft tabular">{formatBytes(byteSize)}</span>
      <span className="min-w-0 font-mono text-meta wrap-anywhere text-faint">
        {names.length > 0 ? names.join(" · ") : <span className="font-sans">no readable head</span>}
      </span>
      <span title="Its place in the document, from 0" className="text-meta text-faint tabular">
        item {itemIndex.toLocaleString("en")}
      </span>
      {isNamed && uploadName !== null && (
        <span className="col-span-2 truncate text-meta text-faint" title={uploadName}>
          of {uploadName}
        </span>
      )}
    </li>
  );
}

function useFreshAfterCount(count: number) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const known = useRef(count);
  useEffect(() => {
    if (known.current === count) return;
    known.current = count;
    void queryClient.invalidateQueries(trpc.upload.skippedItems.pathFilter());
  }, [count, queryClient, trpc]);
}
