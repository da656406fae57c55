"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { sessionStateAtom } from "#components/session/session-atoms.ts";
import { useTranscriptSource } from "#components/transcript/transcript-source.ts";

const FRESH_MS = 15_000;

/** All prompts of the session, a page at a time; read again when another turn has ended. */
export function useOutline() {
  const source = useTranscriptSource();
  const { sessionId, generation, turnEndedAt } = useAtomValue(sessionStateAtom);
  return useInfiniteQuery({
    queryKey: ["outline", sessionId, generation, turnEndedAt],
    queryFn: ({ pageParam }) => source.readOutline({ after: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.after ?? undefined,
    staleTime: FRESH_MS,
    placeholderData: (before) => before,
  });
}
