"use client";

import { useEffect, useEffectEvent, useState } from "react";
import type { FoundItem } from "#lib/transcript.ts";
import { readError } from "#components/api/read-error.ts";
import { useTranscriptSource } from "#components/transcript/transcript-source.ts";

const PAUSE_MS = 250;
/** Enough to walk through; more are not fetched. */
const FOUND_MAX = 2_000;

export interface Finding {
  /** What was looked for; the field may be ahead of it. */
  text: string;
  /** In the order of the transcript. */
  found: readonly FoundItem[];
  isSearching: boolean;
  /** There may be more than what was found. */
  isCut: boolean;
  /** Large items that were left out. */
  unsearchedCount: number;
  isThorough: boolean;
  /** Why the search ended before its end; safe to show. */
  error: string | null;
}

const nothing: Omit<Finding, "text"> = {
  found: [],
  isSearching: false,
  isCut: false,
  unsearchedCount: 0,
  isThorough: false,
  error: null,
};

interface FindOptions {
  /** In large items too, however long that takes. */
  isThorough: boolean;
  /** Told of the first match. */
  onFirst: (item: FoundItem) => void;
}

/** Looks for a text in the whole session, page by page, once typing has paused. */
export function useFind(text: string, { isThorough, onFirst }: FindOptions): Finding {
  const source = useTranscriptSource();
  const tellFirst = useEffectEvent(onFirst);
  const [finding, setFinding] = useState<Finding>({ ...nothing, text: "" });
  useEffect(() => {
    const stopping = new AbortController();
    const { signal } = stopping;
    async function search() {
      let result: Finding = { ...nothing, text, isThorough, isSearching: true };
      setFinding(result);
      try {
        for (let after: string | undefined; ;) {
          const page = await source.find({ text, after, isThorough }, { signal });
          after = page.after ?? undefined;
          const found = [...result.found, ...page.found];
          if (result.found.length === 0 && found[0]) tellFirst(found[0]);
          const isFull = found.length >= FOUND_MAX;
          const isSearching = after !== undefined && !isFull;
          const unsearchedCount = result.unsearchedCount + page.unsearchedCount;
          const isCut = isFull && after !== undefined;
          result = { ...result, found, isSearching, isCut, unsearchedCount };
          setFinding(result);
          if (!isSearching) return;
        }
      } catch (error) {
        if (signal.aborted) return;
        setFinding({ ...result, isSearching: false, error: readError(error).message });
      }
    }
    const timer = setTimeout(
      () => (text.trim() === "" ? setFinding({ ...nothing, text: "" }) : void search()),
      PAUSE_MS,
    );
    return () => {
      clearTimeout(timer);
      stopping.abort();
    };
  }, [text, source, isThorough]);
  return finding;
}
