"use client";

import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { useEffect, useMemo, useRef } from "react";
import { useTRPC } from "#components/api/trpc.ts";
import { sessionViewAtom } from "#components/session/session-atoms.ts";
import { mergeUploads } from "./shown-upload.ts";

/** The uploads of the session on screen, kept up to date by its live events. */
export function useUploads() {
  const trpc = useTRPC();
  const { state, progress } = useAtomValue(sessionViewAtom);
  const query = useInfiniteQuery(
    trpc.upload.list.infiniteQueryOptions(
      { sessionId: state.sessionId },
      { getNextPageParam: (page) => page.next },
    ),
  );
  useFreshAfterChange(state.uploads.map(({ uploadId, state: now }) => uploadId + now).join());
  const { data } = query;
  const uploads = useMemo(
    () => mergeUploads(data?.pages.flatMap((page) => page.uploads) ?? [], state.uploads, progress),
    [data, state.uploads, progress],
  );
  return { ...query, uploads };
}

/** An upload that ends leaves the session's state: only the list still knows it. */
function useFreshAfterChange(signature: string) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const known = useRef(signature);
  useEffect(() => {
    if (known.current === signature) return;
    known.current = signature;
    void queryClient.invalidateQueries(trpc.upload.pathFilter());
  }, [signature, queryClient, trpc]);
}
