"use client";

import type { createStore } from "jotai";
import { useEffect } from "react";
import { getLiveClient } from "#components/api/live.ts";
import { noteGrowthAtom } from "#components/outputs/output-atoms.ts";
import { liveErrorAtom, sessionIdAtom, sessionViewAtom } from "./session-atoms.ts";
import type { TranscriptWindow } from "./transcript-window.ts";

type Store = ReturnType<typeof createStore>;

/** Keeps the session in the store up to date for as long as the page is there. Going on begins at the store's cursor. */
export function useLiveSession(store: Store, window: TranscriptWindow) {
  useEffect(
    () =>
      getLiveClient().subscribe(`session:${store.get(sessionIdAtom)}`, {
        cursor: store.get(sessionViewAtom).cursor,
        onEvents: (events) => {
          window.take(events);
          store.set(noteGrowthAtom, events);
        },
        onError: (error) => store.set(liveErrorAtom, error),
      }),
    [store, window],
  );
}
