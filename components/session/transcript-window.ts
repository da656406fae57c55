import type { createStore } from "jotai";
import { startTransition } from "react";
import type { LiveEvent } from "#lib/live-protocol.ts";
import type { TranscriptPage, WindowQuery } from "#lib/transcript.ts";
import type { TranscriptSource } from "#components/transcript/transcript-source.ts";
import { applyLiveEvents } from "./apply-live-events.ts";
import { withEarlierPage, withLaterPage, withPage } from "./loaded-window.ts";
import {
  changeWindowAtom,
  idleLoads,
  isFollowingAtom,
  readingModeAtom,
  sessionViewAtom,
  windowLoadsAtom,
  type WindowLoad,
} from "./session-atoms.ts";
import type { SessionView } from "./session-view.ts";
import { boundWindow } from "./trim-window.ts";

type Store = ReturnType<typeof createStore>;
type Side = "before" | "after";

/** More events than these while a page is read are not kept: its reading has failed then, and can be tried again. */
const KEPT_EVENTS_MAX = 2_000;

/**
 * Keeps a part of the transcript loaded: takes in what is live, gets the pages next to what is there and whole new
 * windows. What arrives while a page is on its way is applied to it again, so that nothing falls between the two.
 */
export class TranscriptWindow {
  readonly #store: Store;
  readonly #source: TranscriptSource;
  /** Grows with every new window: a page that belongs to an older one is thrown away. */
  #version = 0;
  #kept: LiveEvent[] | null = null;
  #loadCount = 0;

  constructor(store: Store, source: TranscriptSource) {
    this.#store = store;
    this.#source = source;
  }

  /** What came over the socket, in order. */
  take(events: readonly LiveEvent[]): void {
    const isFollowing = this.#store.get(isFollowingAtom);
    if (this.#kept !== null && this.#kept.length <= KEPT_EVENTS_MAX) this.#kept.push(...events);
    this.#store.set(sessionViewAtom, (view) =>
      boundWindow(applyLiveEvents(view, events), { isFollowing }),
    );
  }

  /** The page next to what is loaded, where there is one; `trim` then lets go what is far on the other side. */
  async extend(side: Side, trim: (view: SessionView) => SessionView): Promise<void> {
    const place = this.#store.get(sessionViewAtom)[side];
    if (place === null || this.#store.get(windowLoadsAtom)[side] === "loading") return;
    const merge = side === "before" ? withEarlierPage : withLaterPage;
    // A screen that its first page did not fill needs no more than another such page.
    const isFirst = scrollY === 0;
    await this.#load(side, { [side]: place, isFirst }, (view, page) => trim(merge(view, page)));
  }

  /** A window around a place instead of what is loaded. Tells the place, by its message; null when that failed. */
  async open(around: string): Promise<string | null> {
    this.#version += 1;
    this.#store.set(windowLoadsAtom, idleLoads);
    const page = await this.#load("around", { around }, withPage);
    return page?.around ?? null;
  }

  async #load(
    kind: WindowLoad,
    place: WindowQuery,
    merge: (view: SessionView, page: TranscriptPage) => SessionView,
  ): Promise<TranscriptPage | null> {
    const version = this.#version;
    const only = this.#store.get(readingModeAtom) === "answers" ? "answers" : undefined;
    this.#setLoad(kind, "loading");
    this.#kept ??= [];
    this.#loadCount += 1;
    try {
      const page = await this.#source.readWindow({ ...place, only });
      if (version !== this.#version) return null;
      const kept = this.#kept ?? [];
      if (kept.length > KEPT_EVENTS_MAX) throw new Error("Too much came while the page was read");
      startTransition(() => {
        this.#store.set(changeWindowAtom, (view) => withKept(merge(view, page), kept));
        this.#setLoad(kind, "idle");
      });
      return page;
    } catch {
      if (version === this.#version) this.#setLoad(kind, "failed");
      return null;
    } finally {
      this.#loadCount -= 1;
      if (this.#loadCount === 0) this.#kept = null;
    }
  }

  #setLoad(kind: WindowLoad, state: "idle" | "loading" | "failed") {
    this.#store.set(windowLoadsAtom, (loads) => ({ ...loads, [kind]: state }));
  }
}

/** What is outside was counted when it came. */
function withKept(view: SessionView, events: readonly LiveEvent[]): SessionView {
  const { beyondCount, beyondMessageCount } = view;
  return { ...applyLiveEvents(view, events), beyondCount, beyondMessageCount };
}
