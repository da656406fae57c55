"use client";

import { useAtom, useAtomValue, useSetAtom, useStore } from "jotai";
import { useEffect, type RefObject } from "react";
import { isTyping } from "#components/frame/is-typing.ts";
import { followAfterScroll, type ScrollState } from "./follow-after-scroll.ts";
import { hasMoreInside } from "./has-more-inside.ts";
import {
  isFollowingAtom,
  isPlaceHeldAtom,
  sessionViewAtom,
  unseenCountAtom,
  windowLoadsAtom,
} from "./session-atoms.ts";
import { useTranscriptWindow } from "./transcript-window-context.ts";

/** Nearer to the end than this is at the end. Pixels. */
const END_PX = 32;
/** A finger that moves further is scrolling: down moves the page up. */
const TOUCH_PX = 6;

/** Keys that move a page. */
const upKeys: ReadonlySet<string> = new Set(["ArrowUp", "PageUp", "Home"]);
const downKeys: ReadonlySet<string> = new Set(["ArrowDown", "PageDown", "End", " "]);

/**
 * Scrolls the page along while it is asked to follow. A reader who begins to move up is let go at once, before the page
 * has moved; coming back to the end takes hold again, but only by the reader's own scrolling once a jump has moved the
 * page, and so does scrolling on at the end, which moves nothing. Nothing else moves the page.
 */
export function useFollowLatest(content: RefObject<HTMLElement | null>) {
  const [isFollowing, setIsFollowing] = useAtom(isFollowingAtom);
  const markSeen = useSetAtom(unseenCountAtom);
  const isAtEnd = useAtomValue(sessionViewAtom).after === null;
  const store = useStore();
  const window = useTranscriptWindow();
  useSeenEnd(isAtEnd);

  useEffect(() => {
    const listening = new AbortController();
    const options = { passive: true, signal: listening.signal };
    let last = readScroll();
    let touchY = 0;
    const move = (deltaPx: number) => {
      if (deltaPx > 0) store.set(isPlaceHeldAtom, false);
      else if (deltaPx < 0 && scrollY > 0) setIsFollowing(false);
    };

    const isAtLoadedEnd = () =>
      store.get(sessionViewAtom).after === null &&
      store.get(windowLoadsAtom).around !== "loading" &&
      distanceToEnd() <= END_PX;
    // At the end, also when two scrolls of one frame cancel each other out there, no `scroll` tells of the reader.
    const scroll = (deltaPx: number, target: EventTarget | null) => {
      move(deltaPx);
      if (deltaPx > 0 && isAtLoadedEnd() && !hasMoreInside(target)) setIsFollowing(true);
    };

    addEventListener("wheel", ({ deltaY, target }) => scroll(deltaY, target), options);
    addEventListener(
      "keydown",
      ({ key, target }) => {
        if (!isTyping(target)) move(upKeys.has(key) ? -1 : downKeys.has(key) ? 1 : 0);
      },
      options,
    );
    // The scrollbar of the page.
    addEventListener(
      "pointerdown",
      ({ target }) => target === document.documentElement && move(1),
      options,
    );
    addEventListener(
      "touchstart",
      (event) => void (touchY = event.touches[0]?.clientY ?? 0),
      options,
    );
    addEventListener(
      "touchmove",
      (event) => {
        const movedPx = (event.touches[0]?.clientY ?? touchY) - touchY;
        if (Math.abs(movedPx) > TOUCH_PX) scroll(-movedPx, event.target);
      },
      options,
    );
    addEventListener(
      "scroll",
      () => {
        const now = readScroll();
        const isFollowed = followAfterScroll(last, now, {
          isAtEnd: isAtLoadedEnd(),
          isPlaceHeld: store.get(isPlaceHeldAtom),
        });
        if (isFollowed !== null) setIsFollowing(isFollowed);
        last = now;
      },
      options,
    );
    return () => listening.abort();
  }, [setIsFollowing, store]);

  useEffect(() => {
    if (!isFollowing) {
      markSeen();
      return;
    }
    if (!isAtEnd) {
      void window.open("end");
      return;
    }
    scrollToEnd();
    const element = content.current;
    if (element === null) return;
    const observer = new ResizeObserver(scrollToEnd);
    // With what stands below it: a card above the composer must not cover the latest lines.
    observer.observe(element.parentElement ?? element);
    return () => observer.disconnect();
  }, [isFollowing, isAtEnd, window, content, markSeen]);
}

/** What stands where the end is in sight is seen, also on a page that is too short to be scrolled. */
function useSeenEnd(isAtEnd: boolean) {
  const [unseenCount, markSeen] = useAtom(unseenCountAtom);
  const hasUnseen = unseenCount > 0;
  useEffect(() => {
    if (!isAtEnd || !hasUnseen) return;
    const note = () => distanceToEnd() <= END_PX && markSeen();
    const observer = new ResizeObserver(note);
    observer.observe(document.body);
    addEventListener("scroll", note, { passive: true });
    return () => {
      observer.disconnect();
      removeEventListener("scroll", note);
    };
  }, [isAtEnd, hasUnseen, markSeen]);
}

const readScroll = (): ScrollState => ({
  topPx: scrollY,
  heightPx: document.documentElement.scrollHeight,
});

function distanceToEnd(): number {
  return document.documentElement.scrollHeight - innerHeight - scrollY;
}

function scrollToEnd() {
  scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
}
