"use client";

import type { createStore } from "jotai";
import { useEffect, useEffectEvent } from "react";
import type { ItemEvent } from "#lib/live-protocol.ts";
import type { SessionState } from "#lib/session-state.ts";
import type { TranscriptPage } from "#lib/transcript.ts";
import {
  changeWindowAtom,
  isFollowingAtom,
  sessionViewAtom,
} from "#components/session/session-atoms.ts";
import type { TranscriptWindow } from "#components/session/transcript-window.ts";
import { shareNewsAtom } from "./share-atoms.ts";
import type { ShareSource } from "./share-source.ts";

interface ShareEvents {
  token: string;
  store: ReturnType<typeof createStore>;
  window: TranscriptWindow;
  share: ShareSource;
  onEnd: () => void;
}

/**
 * Follows what happens to a share: its end, and that there is something new, which is then read as everything else is.
 */
export function useShareEvents({ token, store, window, share, onEnd }: ShareEvents) {
  const end = useEffectEvent(onEnd);
  useEffect(() => {
    const events = new EventSource(`/api/v1/shares/${token}/events`);
    const readAll = oneAtATime(() => readNews(store, window, share));
    const refresh = () => {
      store.set(shareNewsAtom, (count) => count + 1);
      readAll();
    };
    events.addEventListener("changed", refresh);
    events.addEventListener("ended", () => {
      events.close();
      end();
    });
    let wasOpen = false;
    events.addEventListener("open", () => {
      if (wasOpen) refresh();
      wasOpen = true;
    });
    events.addEventListener("error", () => {
      // What was refused is not tried again by the browser; whether the share is over tells a reading of it.
      if (events.readyState === EventSource.CLOSED) void share.read("").catch(() => {});
    });
    return () => events.close();
  }, [token, store, window, share]);
}

async function readNews(
  store: ShareEvents["store"],
  window: TranscriptWindow,
  share: ShareSource,
): Promise<void> {
  const [state, page] = await Promise.all([
    share.read<SessionState>(""),
    share.source.readWindow({ around: "end" }),
  ]);
  const view = store.get(sessionViewAtom);
  const isGap = isBeyond(
    page,
    view.messages.map(({ messageId }) => messageId),
  );
  if (isGap && store.get(isFollowingAtom)) return void (await window.open("end"));
  const last = view.messages.at(-1);
  if (isGap && last && view.after === null)
    store.set(changeWindowAtom, (current) => ({ ...current, after: last.messageId }));
  const items = page.items
    .toSorted((one, other) => one.seq - other.seq)
    .map((item): ItemEvent => ({ type: "item", seq: item.seq, item }));
  window.take([{ type: "state", state, lastSeq: page.cursor.seq }, ...items]);
}

/** There is something between what is loaded and the end. */
function isBeyond({ items, before }: TranscriptPage, loadedIds: readonly string[]): boolean {
  const loaded = new Set(loadedIds);
  return before !== null && !items.some(({ messageId }) => loaded.has(messageId));
}

/** Calls while one is under way become one more call after it; failures wait for the next news. */
function oneAtATime(work: () => Promise<void>): () => void {
  let isRunning = false;
  let isWanted = false;
  const run = async () => {
    isRunning = true;
    while (isWanted) {
      isWanted = false;
      await work().catch(() => {});
    }
    isRunning = false;
  };
  return () => {
    isWanted = true;
    if (!isRunning) void run();
  };
}
