"use client";

import { useStore } from "jotai";
import { useEffect } from "react";
import { ingestSectionAtom } from "#components/ingest/ingest-atoms.ts";
import { isFollowingAtom } from "#components/session/session-atoms.ts";
import { placeOf } from "./address-place.ts";
import { parseLineRange } from "./lines/line-range.ts";
import { useGoTo } from "./use-go-to.ts";

const SETTLE_MS = 250;
/** Below the header, which lies over the page. */
const HEADER_PX = 80;

/** Goes where the address points, and lets the address follow what is read, without a step for the back button. */
export function useAddress() {
  const store = useStore();
  const goTo = useGoTo();
  useEffect(() => {
    const listening = new AbortController();
    const options = { passive: true, signal: listening.signal };
    let timer: ReturnType<typeof setTimeout> | undefined;
    let hasMoved = false;
    let goingCount = 0;
    const follow = async () => {
      const place = placeOf(location.hash);
      if (place === null) return;
      // Until it is there, what is on screen is not what the address says.
      goingCount += 1;
      try {
        await goTo(place, { keepsAddress: true });
      } finally {
        goingCount -= 1;
      }
    };
    const note = () => {
      if (!hasMoved || goingCount > 0) return;
      if (store.get(isFollowingAtom) || store.get(ingestSectionAtom) !== null) return;
      noteAddress();
    };
    for (const type of ["wheel", "touchmove", "keydown", "pointerdown"])
      addEventListener(type, () => void (hasMoved = true), options);
    addEventListener("hashchange", () => void follow(), options);
    addEventListener(
      "scroll",
      () => {
        clearTimeout(timer);
        timer = setTimeout(note, SETTLE_MS);
      },
      options,
    );
    void follow();
    return () => {
      clearTimeout(timer);
      listening.abort();
    };
  }, [goTo, store]);
}

function noteAddress() {
  const range = parseLineRange(location.hash);
  if (range !== null && isOnScreen(document.getElementById(range.partId))) return;
  const step = scrollY < HEADER_PX ? null : topStep();
  const url = new URL(location.href);
  url.hash = step === null ? "" : encodeURIComponent(step.id);
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}

function topStep(): HTMLElement | null {
  const steps = document.querySelectorAll<HTMLElement>("[role=feed] [data-step][id]");
  for (const step of steps) if (step.getBoundingClientRect().bottom > HEADER_PX) return step;
  return null;
}

function isOnScreen(element: HTMLElement | null): boolean {
  const box = element?.getBoundingClientRect();
  return box !== undefined && box.bottom > 0 && box.top < innerHeight;
}
