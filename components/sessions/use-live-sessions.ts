"use client";

import { useQueryClient, type InfiniteData } from "@tanstack/react-query";
import { useEffect } from "react";
import type { LiveEvent, SessionChangedEvent } from "#lib/live-protocol.ts";
import { getLiveClient } from "#components/api/live.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { changeSessionPage } from "./change-session-page.ts";
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
      queryClient.setQueriesData<CachedList>({ queryKey: listKey }, (list) => {
        const changed = changeList(list, changes);
        isMissing ||= changed.isMissing;
        return changed.list;
      });
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

function changeList(list: CachedList, changes: readonly SessionChangedEvent[]) {
  if (list === undefined) return { list, isMissing: false };
  if (!("pages" in list)) return changeSessionPage(list, changes);
  const pages = list.pages.map((page) => changeSessionPage(page, changes));
  const isMissing = changes.some((_, index) => pages.every((page) => page.missing.has(index)));
  return { list: { ...list, pages: pages.map((page) => page.list) }, isMissing };
}
