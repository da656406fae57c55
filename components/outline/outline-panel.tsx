"use client";

import { useQuery } from "@tanstack/react-query";
import { useAtom, useAtomValue } from "jotai";
import { useEffect } from "react";
import { formatCount } from "#components/format/format-count.ts";
import { ingestSectionAtom } from "#components/ingest/ingest-atoms.ts";
import { liesOverPage, SideSheet } from "#components/ingest/side-sheet.tsx";
import {
  isOutlineOpenAtom,
  isOutputsOpenAtom,
  sessionStateAtom,
} from "#components/session/session-atoms.ts";
import { useTranscriptSource } from "#components/transcript/transcript-source.ts";
import { useGoTo } from "#components/transcript/use-go-to.ts";
import { usageWords } from "#components/transcript/usage-words.ts";
import { Button } from "#components/ui/button.tsx";
import { OutlineRow } from "./outline-row.tsx";
import { useOutline } from "./use-outline.ts";
import { useReadTurn } from "./use-read-turn.ts";

/** All prompts of the session, to go to any of them; nothing until somebody asks. */
export function OutlinePanel() {
  const [isOpen, setIsOpen] = useAtom(isOutlineOpenAtom);
  const hasOutputs = useAtomValue(isOutputsOpenAtom);
  const hasOtherPanel = useAtomValue(ingestSectionAtom) !== null || hasOutputs;
  if (!isOpen || hasOtherPanel) return null;
  return (
    <SideSheet title="Outline" onClose={() => setIsOpen(false)}>
      <UsageLines />
      <OutlineList
        onGo={() => {
          if (liesOverPage()) setIsOpen(false);
        }}
      />
    </SideSheet>
  );
}

/** What the session used and how it fared, added up when the panel opens. */
function UsageLines() {
  const source = useTranscriptSource();
  const { sessionId, generation, turnEndedAt, skippedItemCount } = useAtomValue(sessionStateAtom);
  const { data } = useQuery({
    queryKey: ["usage", sessionId, generation, turnEndedAt],
    queryFn: () => source.readUsage(),
  });
  const troubles = [
    data && data.errorCount > 0 ? formatCount(data.errorCount, "failed answer") : null,
    data && data.retryCount > 0 ? `asked again ${formatCount(data.retryCount, "time")}` : null,
    skippedItemCount > 0 ? `${formatCount(skippedItemCount, "item")} skipped` : null,
  ].filter((words) => words !== null);
  const words = data ? usageWords(data) : "";
  return (
    <div className="flex min-h-14 flex-col justify-center gap-0.5 border-b border-line px-5 py-2 text-meta text-faint tabular">
      <p>{data ? words || "The agent did not say what it used." : "Adding up …"}</p>
      {data?.isPartial === true && <p>Of the first part of this session only.</p>}
      {troubles.length > 0 && <p className="text-warning">{troubles.join(" · ")}</p>}
    </div>
  );
}

function OutlineList({ onGo }: { onGo: () => void }) {
  const { data, error, isFetching, isFetchNextPageError, fetchNextPage, hasNextPage, refetch } =
    useOutline();
  const goTo = useGoTo();
  const readTurn = useReadTurn();
  const entries = data?.pages.flatMap((page) => page.entries) ?? [];
  const isBeyond = readTurn !== null && !entries.some(({ messageId }) => messageId === readTurn);
  // Pages come one after the other, until the one with the turn that is read.
  useEffect(() => {
    if (isBeyond && hasNextPage && !isFetching && !isFetchNextPageError) void fetchNextPage();
  }, [isBeyond, hasNextPage, isFetching, isFetchNextPageError, fetchNextPage]);
  const fetchWhenNear = (element: HTMLLIElement | null) => {
    if (element === null) return;
    const observer = new IntersectionObserver(
      ([entry]) => entry?.isIntersecting && hasNextPage && !isFetching && void fetchNextPage(),
      { rootMargin: "600px 0px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  };

  if (error)
    return (
      <p role="alert" className="flex items-center gap-3 px-5 py-4 text-label text-soft">
        The outline could not be loaded.
        <Button isSmall onClick={() => void refetch()}>
          Try again
        </Button>
      </p>
    );
  if (data && entries.length === 0)
    return <p className="px-5 py-4 text-label text-faint">Nobody has asked anything yet.</p>;
  return (
    <ol className="flex flex-col p-2">
      {entries.map((entry) => (
        <OutlineRow
          key={entry.messageId}
          entry={entry}
          isCurrent={entry.messageId === readTurn}
          onSelect={() => {
            onGo();
            void goTo(entry.messageId);
          }}
        />
      ))}
      {(hasNextPage || !data) && (
        <li ref={fetchWhenNear} className="flex flex-col gap-3 px-3 py-2">
          <span className="sr-only">Loading prompts</span>
          {[1, 2, 3].map((row) => (
            <span key={row} aria-hidden className="h-8 rounded bg-sunken" />
          ))}
        </li>
      )}
    </ol>
  );
}
