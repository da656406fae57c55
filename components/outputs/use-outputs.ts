"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { useEffect, useRef } from "react";
import type { OutputKind } from "#lib/output-kind.ts";
import { useTRPCClient } from "#components/api/trpc.ts";
import { usePaced } from "#components/batches/use-paced.ts";
import { sessionStateAtom } from "#components/session/session-atoms.ts";

const PACE_MS = 1_000;

export interface OutputFilter {
  kind?: OutputKind | undefined;
  text?: string | undefined;
}

/** The outputs of the session, a page at a time; read again when one began or ended, as many as there were. */
export function useOutputs(filter: OutputFilter) {
  const { output } = useTRPCClient();
  const { sessionId, generation, outputs } = useAtomValue(sessionStateAtom);
  const seq = usePaced(outputs.seq, PACE_MS);
  const query = useInfiniteQuery({
    queryKey: ["outputs", sessionId, generation, filter],
    queryFn: ({ pageParam }) => output.list.query({ sessionId, ...filter, before: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (before) => before,
  });
  const { refetch } = query;
  const readSeq = useRef(seq);
  useEffect(() => {
    if (readSeq.current === seq) return;
    readSeq.current = seq;
    void refetch();
  }, [seq, refetch]);
  return query;
}
