"use client";

import { useEffect, useRef, useState, type ReactNode, type RefObject } from "react";

const LINE_HEIGHT_PX = 20;
/** How near to what is on screen a block is drawn. */
const NEAR_PX = 800;

interface LazyBlockProps {
  /** Lines of text that it will be on screen, about. */
  rowCount: number;
  /** What scrolls. */
  container: RefObject<HTMLElement | null>;
  /** Drawn in the first place, until it is known to be far away. */
  isFirst: boolean;
  /** Drawn wherever it is. */
  isNow: boolean;
  /** Occurrences in it of what the reader looks for. */
  foundCount: number;
  children: ReactNode;
}

/** Draws a block when it comes near the screen and empties it when it leaves; its height stays. */
export function LazyBlock({
  rowCount,
  container,
  isFirst,
  isNow,
  foundCount,
  children,
}: LazyBlockProps) {
  const place = useRef<HTMLDivElement>(null);
  const [isNear, setIsNear] = useState(isFirst);
  const [heightPx, setHeightPx] = useState(rowCount * LINE_HEIGHT_PX);
  useEffect(() => {
    const element = place.current;
    if (element === null || isNow) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (!entry) return;
        if (!entry.isIntersecting && entry.boundingClientRect.height > 0)
          setHeightPx(entry.boundingClientRect.height);
        setIsNear(entry.isIntersecting);
      },
      { root: container.current, rootMargin: `${NEAR_PX}px 0px` },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [container, isNow]);
  const isDrawn = isNow || isNear;
  return (
    <div
      ref={place}
      data-found-count={isDrawn || foundCount === 0 ? undefined : foundCount}
      style={isDrawn ? undefined : { height: heightPx }}
    >
      {isDrawn && children}
    </div>
  );
}
