"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { useEffect, useRef } from "react";
import type { SharedOutputsPage } from "#lib/shared-output.ts";
import { usePaced } from "#components/batches/use-paced.ts";
import { shareNewsAtom } from "./share-atoms.ts";
import type { ShareSource } from "./share-source.ts";

const PACE_MS = 2_000;

interface SharedOutputsQuery {
  token: string;
  share: ShareSource;
  /** The first page, as the server rendered it. */
  initial: SharedOutputsPage;
}

/** The outputs of a share, a page at a time; read again when there is news, as many as there were. */
export function useSharedOutputs({ token, share, initial }: SharedOutputsQuery) {
  const news = usePaced(useAtomValue(shareNewsAtom), PACE_MS);
  const query = useInfiniteQuery({
    queryKey: ["shared-outputs", token],
    queryFn: ({ pageParam }) =>
      share.read<SharedOutputsPage>(
        pageParam === null ? "/outputs" : `/outputs?before=${pageParam}`,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    initialData: { pages: [initial], pageParams: [null] },
    staleTime: Infinity,
  });
  const { refetch } = query;
  const readNews = useRef(news);
  useEffect(() => {
    if (readNews.current === news) return;
    readNews.current = news;
    void refetch();
  }, [news, refetch]);
  return query;
}
