"use client";

import { useEffect, useState } from "react";

/** What begins above this line of the screen is read: below the header and what a jump leaves free. */
const READ_PX = 140;

/** The turn on screen that is read, by its prompt's message; null when none is. */
export function useReadTurn(): string | null {
  const [turnId, setTurnId] = useState<string | null>(null);
  useEffect(() => {
    let frame = 0;
    const note = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => setTurnId(findReadTurn()));
    };
    // Tells at first too, and when what is loaded changes.
    const observer = new ResizeObserver(note);
    observer.observe(document.body);
    const listening = new AbortController();
    const options = { passive: true, signal: listening.signal };
    // A jump to a place that cannot come to the top moves only the focus.
    for (const type of ["scroll", "resize", "focusin"]) addEventListener(type, note, options);
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      listening.abort();
    };
  }, []);
  return turnId;
}

function findReadTurn(): string | null {
  const turns = [...document.querySelectorAll<HTMLElement>("[role=feed] [data-turn]")];
  const isAtEnd = scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
  const focused = document.activeElement?.closest<HTMLElement>("[data-turn]");
  const isFocusShown = focused && focused.getBoundingClientRect().bottom > READ_PX;
  const atTop = turns.findLast((turn) => turn.getBoundingClientRect().top <= READ_PX);
  // At the end of the page the last turn is read, however short it is, unless a jump has led to another.
  const read = isAtEnd ? (isFocusShown ? focused : turns.at(-1)) : (atTop ?? turns[0]);
  return read?.dataset["turn"] ?? null;
}
