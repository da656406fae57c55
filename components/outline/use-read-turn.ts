"use client";

import { useStore } from "jotai";
import { useEffect, useState } from "react";
import {
  heldTurnAtom,
  isFollowingAtom,
  isPlaceHeldAtom,
} from "#components/session/session-atoms.ts";

/** What begins above this line of the screen is read: below the header and what a jump leaves free. */
const READ_PX = 140;

/** The turn on screen that is read, by its prompt's message; null when none is. */
export function useReadTurn(): string | null {
  const store = useStore();
  const [turnId, setTurnId] = useState<string | null>(null);
  useEffect(() => {
    let frame = 0;
    const note = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => setTurnId(findReadTurn(readHeld(store))));
    };
    // Tells at first too, and when what is loaded changes.
    const observer = new ResizeObserver(note);
    observer.observe(document.body);
    const listening = new AbortController();
    const options = { passive: true, signal: listening.signal };
    // A jump to a place that is in sight already moves only the focus.
    for (const type of ["scroll", "resize", "focusin"]) addEventListener(type, note, options);
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      listening.abort();
    };
  }, [store]);
  return turnId;
}

function readHeld(store: ReturnType<typeof useStore>): string | null {
  if (!store.get(isPlaceHeldAtom) || store.get(isFollowingAtom)) return null;
  const focused = document.activeElement?.closest<HTMLElement>("[data-turn]");
  return focused?.dataset["turn"] ?? store.get(heldTurnAtom);
}

/** Where a jump has led counts until the reader scrolls: not every place can come to the top of the screen. */
function findReadTurn(heldId: string | null): string | null {
  const turns = [...document.querySelectorAll<HTMLElement>("[role=feed] [data-turn]")];
  const held = turns.find(({ dataset }) => dataset["turn"] === heldId);
  if (held && isOnScreen(held)) return heldId;
  const isAtEnd = scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
  const atTop = turns.findLast((turn) => turn.getBoundingClientRect().top <= READ_PX);
  const read = isAtEnd ? turns.at(-1) : (atTop ?? turns[0]);
  return read?.dataset["turn"] ?? null;
}

function isOnScreen(element: HTMLElement): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}
