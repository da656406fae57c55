"use client";

import { useStore } from "jotai";
import { useEffect } from "react";
import { ingestSectionAtom } from "#components/ingest/ingest-atoms.ts";
import { markFound } from "#components/find/mark-found.ts";
import { openFound } from "#components/find/open-found.ts";
import { foundAtom, isFollowingAtom } from "#components/session/session-atoms.ts";
import { FOUND_PARAMETER } from "#lib/search-hit.ts";
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
        const element = await goTo(place, { keepsAddress: true });
        const text = takeFoundText();
        if (element === null || text === null) return;
        const partId = place.split("/").at(-1) ?? place;
        store.set(foundAtom, { partId, text });
        markFound(openFound(element, partId), { text, match: 0 });
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

/** What a search has found at the place that the address names, once: read again, the address shows the place alone. */
function takeFoundText(): string | null {
  const url = new URL(location.href);
  const text = url.searchParams.get(FOUND_PARAMETER);
  if (text === null) return null;
  url.searchParams.delete(FOUND_PARAMETER);
  history.replaceState(history.state, "", url);
  return text;
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
