"use client";

import type { createStore } from "jotai";
import { useEffect } from "react";
import { getLiveClient } from "#components/api/live.ts";
import { applyLiveEvents } from "./apply-live-events.ts";
import { liveErrorAtom, sessionViewAtom } from "./session-atoms.ts";

type Store = ReturnType<typeof createStore>;

/** Keeps the session in the store up to date for as long as the page is there. Going on begins at the store's cursor. */
export function useLiveSession(store: Store, sessionId: string) {
  useEffect(
    () =>
      getLiveClient().subscribe(`session:${sessionId}`, {
        cursor: store.get(sessionViewAtom).cursor,
        onEvents: (events) => store.set(sessionViewAtom, (view) => applyLiveEvents(view, events)),
        onError: (error) => store.set(liveErrorAtom, error),
      }),
    [store, sessionId],
  );
}
