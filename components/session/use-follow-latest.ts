"use client";

import { useAtom, useSetAtom } from "jotai";
import { useCallback, useEffect, useRef, type RefObject } from "react";
import { isFollowingAtom, unseenCountAtom } from "./session-atoms.ts";

/** Nearer to the end than this is at the end. Pixels. */
const END_PX = 32;

/**
 * Scrolls the page along while it is asked to follow. An upward movement of the reader lets go at once, coming back to
 * the end takes hold again; nothing else moves the page.
 */
export function useFollowLatest(content: RefObject<HTMLElement | null>) {
  const [isFollowing, setIsFollowing] = useAtom(isFollowingAtom);
  const markSeen = useSetAtom(unseenCountAtom);
  const lastTop = useRef(0);

  useEffect(() => {
    const listening = new AbortController();
    lastTop.current = scrollY;
    addEventListener(
      "scroll",
      () => {
        const top = scrollY;
        // Content that shrinks moves the page up too, but to its end.
        if (top < lastTop.current - 1 && distanceToEnd() > END_PX) setIsFollowing(false);
        else if (top > lastTop.current && distanceToEnd() <= END_PX) setIsFollowing(true);
        lastTop.current = top;
      },
      { passive: true, signal: listening.signal },
    );
    return () => listening.abort();
  }, [setIsFollowing]);

  useEffect(() => {
    if (!isFollowing) {
      markSeen();
      return;
    }
    scrollToEnd();
    const element = content.current;
    if (element === null) return;
    const observer = new ResizeObserver(scrollToEnd);
    observer.observe(element);
    return () => observer.disconnect();
  }, [isFollowing, content, markSeen]);

  return useCallback(() => setIsFollowing(true), [setIsFollowing]);
}

function distanceToEnd(): number {
  return document.documentElement.scrollHeight - innerHeight - scrollY;
}

function scrollToEnd() {
  scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
}
