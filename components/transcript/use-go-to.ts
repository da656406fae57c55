"use client";

import { useStore } from "jotai";
import { useCallback } from "react";
import {
  heldTurnAtom,
  hiddenPartsAtom,
  holdPlaceAtom,
  isPlaceMissingAtom,
  readingModeAtom,
  sessionViewAtom,
  transcriptAtom,
  unfoldedTurnsAtom,
  wantedPartAtom,
  windowLoadsAtom,
  type PartFilter,
} from "#components/session/session-atoms.ts";
import type { SessionView } from "#components/session/session-view.ts";
import { useTranscriptWindow } from "#components/session/transcript-window-context.ts";
import type { Turn } from "./build-turns.ts";
import { shownParts } from "./shown-parts.ts";

/** Frames until a part of the page is taken for not being drawn at all. */
const DRAWN_WITHIN_FRAMES = 120;

interface GoToOptions {
  /** A step of its own for the back button. */
  isPushed?: boolean;
  /** The place is said by its turn or edge, or the address says it already. */
  keepsAddress?: boolean;
}

export type GoTo = (place: string, options?: GoToOptions) => Promise<HTMLElement | null>;

/**
 * Brings a place on screen and gives it the focus: `msg_…`, `msg_…/prt_…`, `prt_…`, `turn:3`, or `start`. Loads the
 * window around it where it is not loaded, and unfolds what it is folded into; a place among what the reader has hidden
 * brings that back. Null when there is no such place.
 */
export function useGoTo(): GoTo {
  const store = useStore();
  const window = useTranscriptWindow();
  return useCallback(
    async (place, { isPushed = true, keepsAddress = false } = {}) => {
      store.set(holdPlaceAtom);
      store.set(isPlaceMissingAtom, false);
      const asked = place.split("/").at(-1) ?? place;
      let id: string | undefined = asked;
      if (place === "start" || locate(store.get(sessionViewAtom), asked) === null) {
        const found = await window.open(place);
        if (place === "start") id = store.get(sessionViewAtom).messages[0]?.messageId;
        else id = found?.split("/").at(-1);
        if (id === undefined) {
          // Somebody who goes elsewhere meanwhile does not miss it.
          const hasFailed = store.get(windowLoadsAtom).around === "failed";
          store.set(isPlaceMissingAtom, place !== "start" && hasFailed);
          return null;
        }
      }
      if (isHidden(store, id)) {
        store.set(hiddenPartsAtom, new Set<PartFilter>());
        if (store.get(readingModeAtom) === "answers") {
          store.set(readingModeAtom, "compact");
          await window.open(place);
        }
      }
      const steps = locate(store.get(sessionViewAtom), id) ?? [id];
      const turn = store.get(transcriptAtom).turns.find((each) => holdsWork(each, steps));
      if (turn) store.set(unfoldedTurnsAtom, (turns) => new Set([...turns, turn.id]));
      store.set(wantedPartAtom, steps[0] ?? null);
      const element = await drawnElement(steps);
      if (element === null) return null;
      store.set(heldTurnAtom, element.closest<HTMLElement>("[data-turn]")?.dataset["turn"] ?? null);
      if (!keepsAddress) writeAddress(id, isPushed);
      element.focus({ preventScroll: true });
      element.scrollIntoView({ block: "start", behavior: "instant" });
      return element;
    },
    [store, window],
  );
}

/** Whether the reader has chosen not to see it. */
function isHidden(store: ReturnType<typeof useStore>, id: string): boolean {
  const mode = store.get(readingModeAtom);
  const hiddenParts = store.get(hiddenPartsAtom);
  const { messages } = store.get(sessionViewAtom);
  const message = messages.find(
    ({ messageId, parts }) => messageId === id || parts.some(({ partId }) => partId === id),
  );
  if (message === undefined) return mode === "answers";
  const parts = message.parts.filter(({ partId }) => message.messageId === id || partId === id);
  return (
    message.role !== "user" &&
    parts.length > 0 &&
    shownParts(parts, { mode, hiddenParts }).length === 0
  );
}

/** Ids of elements that show a message or a part, best first; null when it is not loaded. */
function locate({ messages }: SessionView, id: string): string[] | null {
  for (const { messageId, parts } of messages) {
    if (messageId === id) return [id, ...parts.map(({ partId }) => partId)];
    if (parts.some(({ partId }) => partId === id)) return [id, messageId];
  }
  return null;
}

function holdsWork(turn: Turn, ids: readonly string[]): boolean {
  return turn.answers.some(
    ({ messageId, parts }) =>
      ids.includes(messageId) || parts.some(({ partId }) => ids.includes(partId)),
  );
}

/** React draws when it likes. */
async function drawnElement(ids: readonly string[]): Promise<HTMLElement | null> {
  for (let frame = 0; frame < DRAWN_WITHIN_FRAMES; frame += 1) {
    for (const id of ids) {
      const element = document.getElementById(id);
      if (element !== null) return element;
    }
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  return null;
}

function writeAddress(id: string, isPushed: boolean) {
  const url = new URL(location.href);
  url.hash = encodeURIComponent(id);
  if (url.href === location.href) return;
  if (isPushed) history.pushState(history.state, "", url);
  else history.replaceState(history.state, "", url);
}
