import { atom } from "jotai";
import type { LiveError } from "#lib/live-protocol.ts";
import { buildTurns } from "#components/transcript/build-turns.ts";
import { visibleParts } from "#components/transcript/part-groups.ts";
import type { SessionView } from "./session-view.ts";

/** The session on screen. The page's own store is made with it, so it is never missing below `SessionPage`. */
export const sessionViewAtom = atom<SessionView>(null as unknown as SessionView);

export const sessionStateAtom = atom((get) => get(sessionViewAtom).state);
export const sessionIdAtom = atom((get) => get(sessionStateAtom).sessionId);
export const statusAtom = atom((get) => get(sessionStateAtom).status);
export const transcriptAtom = atom((get) => buildTurns(get(sessionViewAtom)));

/** Why the subscription ended for good; null while it goes on. */
export const liveErrorAtom = atom<LiveError | null>(null);

/** The running turn was asked to stop, and has not ended: agents take their time, and some do not listen. */
export const isStoppingAtom = atom((get) => {
  const { status, interruptRequestedAt } = get(sessionStateAtom);
  const isBusy = status === "working" || status === "needs_you";
  return isBusy && interruptRequestedAt !== null;
});

/** The title is a field. */
export const isRenamingAtom = atom(false);

/** The page scrolls along with what arrives. */
export const isFollowingAtom = atom(false);

/** Messages and parts in the transcript: what "12 new" counts. */
const stepCountAtom = atom((get) => {
  const { messages } = get(sessionViewAtom);
  return messages.length + visibleParts(messages).length;
});

/** The step count when the reader last was at the end. */
const seenStepCountAtom = atom(0);

/** Steps that came since the reader left the end. */
export const unseenCountAtom = atom(
  (get) => (get(isFollowingAtom) ? 0 : Math.max(0, get(stepCountAtom) - get(seenStepCountAtom))),
  (get, set) => set(seenStepCountAtom, get(stepCountAtom)),
);
