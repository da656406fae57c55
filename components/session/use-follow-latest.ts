"use client";

import { useAtom, useAtomValue, useSetAtom } from "jotai";
import { useEffect, useEffectEvent, type RefObject } from "react";
import { isTyping } from "#components/frame/is-typing.ts";
import { isFollowingAtom, sessionViewAtom, unseenCountAtom } from "./session-atoms.ts";
import { useTranscriptWindow } from "./transcript-window-context.ts";

/** Nearer to the end than this is at the end. Pixels. */
const END_PX = 32;
/** A finger that moves further down is scrolling up. */
const TOUCH_PX = 6;

/** Keys that move a page up. */
const upKeys: ReadonlySet<string> = new Set(["ArrowUp", "PageUp", "Home"]);

/**
 * Scrolls the page along while it is asked to follow. A reader who begins to move up is let go at once, before the page
 * has moved; coming back to the end takes hold again. Nothing else moves the page.
 */
export function useFollowLatest(content: RefObject<HTMLElement | null>) {
  const [isFollowing, setIsFollowing] = useAtom(isFollowingAtom);
  const markSeen = useSetAtom(unseenCountAtom);
  const isAtEnd = useAtomValue(sessionViewAtom).after === null;
  const isEndLoaded = useEffectEvent(() => isAtEnd);
  const window = useTranscriptWindow();

  useEffect(() => {
    const listening = new AbortController();
    const options = { passive: true, signal: listening.signal };
    let lastTop = scrollY;
    let lastHeight = document.documentElement.scrollHeight;
    let touchY = 0;
    const release = () => scrollY > 0 && setIsFollowing(false);

    addEventListener("wheel", (event) => event.deltaY < 0 && release(), options);
    addEventListener(
      "keydown",
      (event) => upKeys.has(event.key) && !isTyping(event.target) && release(),
      options,
    );
    addEventListener(
      "touchstart",
      (event) => void (touchY = event.touches[0]?.clientY ?? 0),
      options,
    );
    addEventListener(
      "touchmove",
      (event) => (event.touches[0]?.clientY ?? 0) > touchY + TOUCH_PX && release(),
      options,
    );
    addEventListener(
      "scroll",
      () => {
        const { scrollHeight } = document.documentElement;
        // Content that shrinks moves the page up too, but to its end.
        if (scrollY < lastTop - 1 && scrollHeight >= lastHeight) setIsFollowing(false);
        else if (scrollY > lastTop && distanceToEnd() <= END_PX && isEndLoaded())
          setIsFollowing(true);
        lastTop = scrollY;
        lastHeight = scrollHeight;
      },
      options,
    );
    return () => listening.abort();
  }, [setIsFollowing]);

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
    observer.observe(element);
    return () => observer.disconnect();
  }, [isFollowing, isAtEnd, window, content, markSeen]);
}

function distanceToEnd(): number {
  return document.documentElement.scrollHeight - innerHeight - scrollY;
}

function scrollToEnd() {
  scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
}
