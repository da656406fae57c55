"use client";

import { useAtomValue } from "jotai";
import { useEffect, useEffectEvent, useRef } from "react";
import { useTranscriptWindow } from "#components/session/transcript-window-context.ts";
import { sessionViewAtom, windowLoadsAtom } from "#components/session/session-atoms.ts";
import { Button } from "#components/ui/button.tsx";
import { trimAbove, trimBelow } from "./trim-to-screen.ts";

/** How near to the screen the edge of what is loaded comes before there is more, once somebody has scrolled. */
const NEAR = "125%";

/** Where the loaded part of the transcript ends although there is more: gets the next page when it comes near. */
export function WindowEdge({ side }: { side: "before" | "after" }) {
  const view = useAtomValue(sessionViewAtom);
  const load = useAtomValue(windowLoadsAtom)[side];
  const place = useRef<HTMLDivElement>(null);
  const window = useTranscriptWindow();
  const isThere = view[side] !== null;
  const extend = () => void window.extend(side, side === "before" ? trimBelow : trimAbove);
  const extendIfIdle = useEffectEvent(() => load === "idle" && extend());

  // Watched anew after every page: an edge that is still near says nothing by itself.
  const edge = view[side];
  useEffect(() => {
    const element = place.current;
    if (element === null || edge === null) return;
    let stop = watch(element, "0px", extendIfIdle);
    const widen = () => {
      stop();
      stop = watch(element, `${NEAR} 0px`, extendIfIdle);
    };
    if (scrollY > 0) widen();
    else addEventListener("scroll", widen, { once: true, passive: true });
    return () => {
      removeEventListener("scroll", widen);
      stop();
    };
  }, [edge]);

  if (!isThere) return null;
  return (
    <div ref={place} data-edge={side} className="[overflow-anchor:none]">
      {load === "failed" ? (
        <p role="alert" className="flex items-center gap-3 text-label text-soft">
          {side === "before" ? "What comes before" : "What comes after"} this could not be loaded.
          <Button isSmall onClick={extend}>
            Try again
          </Button>
        </p>
      ) : (
        <TurnSkeleton />
      )}
    </div>
  );
}

function watch(element: HTMLElement, rootMargin: string, onNear: () => void): () => void {
  const observer = new IntersectionObserver(
    (entries) => entries.some(({ isIntersecting }) => isIntersecting) && onNear(),
    { rootMargin },
  );
  observer.observe(element);
  return () => observer.disconnect();
}

/** The shape of a turn that is on its way. */
export function TurnSkeleton() {
  return (
    <div aria-hidden data-skeleton className="flex flex-col gap-5">
      <div className="h-18 rounded bg-sunken" />
      <div className="h-4 w-2/3 rounded bg-sunken" />
      <div className="h-4 w-1/2 rounded bg-sunken" />
    </div>
  );
}
