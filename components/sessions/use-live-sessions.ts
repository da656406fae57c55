"use client";

import { useQueryClient, type InfiniteData, type QueryKey } from "@tanstack/react-query";
import { useEffect } from "react";
import { isRecord } from "#lib/is-record.ts";
import type { LiveEvent } from "#lib/live-protocol.ts";
import { getLiveClient } from "#components/api/live.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { changeSessionPage } from "./change-session-page.ts";
import type { SessionListInput } from "./list-filters.ts";
import type { SessionPage } from "./session-summary.ts";

/** A busy team changes sessions that are not on screen many times a second. */
const READ_AGAIN_MS = 2_000;

type CachedList = SessionPage | InfiniteData<SessionPage> | undefined;

/** Keeps every list of sessions on the page up to date; lists are read again only for sessions that they lack. */
export function useLiveSessions(teamId: string) {
  const queryClient = useQueryClient();
  const listKey = useTRPC().session.list.pathKey();

  useEffect(() => {
    let hasCaughtUp = false;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const readAgain = () => {
      timer ??= setTimeout(() => {
        timer = null;
        void queryClient.invalidateQueries({ queryKey: listKey });
      }, READ_AGAIN_MS);
    };

    function onEvents(events: readonly LiveEvent[]) {
      const changes = events.filter((event) => event.type === "session-changed");
      const wasAway = events.some((event) => event.type === "caught-up") && hasCaughtUp;
      hasCaughtUp ||= events.some((event) => event.type === "caught-up");
      let isMissing = false;
      for (const [queryKey, list] of queryClient.getQueriesData<CachedList>({
        queryKey: listKey,
      })) {
        const changed = changeList(list, { changes, shelf: shelfOf(queryKey) });
        isMissing ||= changed.isMissing;
        if (changed.list !== list) queryClient.setQueryData(queryKey, changed.list);
      }
      if (isMissing || wasAway) readAgain();
    }

    const leave = getLiveClient().subscribe(`sessions:${teamId}`, {
      cursor: null,
      onEvents,
      onError: readAgain,
    });
    return () => {
      leave();
      if (timer !== null) clearTimeout(timer);
    };
    // The key is an array made anew by every render, always with the same content.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [queryClient, teamId]);
}

function changeList(list: CachedList, change: Parameters<typeof changeSessionPage>[1]) {
  if (list === undefined) return { list, isMissing: false };
  if (!("pages" in list)) return changeSessionPage(list, change);
  const pages = list.pages.map((page) => changeSessionPage(page, change));
  const isMissing = change.changes.some((_, index) =>
    pages.every((page) => page.missing.has(index)),
  );
  const isSame = pages.every((page, index) => page.list === list.pages[index]);
  return {
    list: isSame ? list : { ...list, pages: pages.map((page) => page.list) },
    isMissing,
  };
}

/** As it was asked for. */
function shelfOf([, options]: QueryKey): SessionListInput["shelf"] {
  const input = isRecord(options) ? options["input"] : undefined;
  const shelf = isRecord(input) ? input["shelf"] : undefined;
  return (shelf as SessionListInput["shelf"]) ?? "open";
}
