import { atom } from "jotai";
import type { LiveError } from "#lib/live-protocol.ts";
import { buildTurns } from "#components/transcript/build-turns.ts";
import { visibleParts } from "#components/transcript/part-groups.ts";
import type { ViewerMode } from "#components/transcript/transcript-source.ts";
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
  return get(canStopAtom) && get(sessionStateAtom).interruptRequestedAt !== null;
});

/** A turn is running, or the preparation that a prompt waits for: without a prompt there is nothing to stop. */
export const canStopAtom = atom((get) => {
  const { status, prompts } = get(sessionStateAtom);
  const isBusy = status === "working" || status === "needs_you" || status === "preparing";
  return isBusy && prompts.some((prompt) => prompt.status !== "settled");
});

/** The title is a field. */
export const isRenamingAtom = atom(false);

/** The page scrolls along with what arrives. */
export const isFollowingAtom = atom(false);

/** A jump has brought the page where it is: it does not follow again before the reader scrolls to the end. */
export const isPlaceHeldAtom = atom(false);

/** The turn that the last jump led to. */
export const heldTurnAtom = atom<string | null>(null);

/** Somebody goes to a place: the page must not run on meanwhile. */
export const holdPlaceAtom = atom(null, (_get, set) => {
  set(isFollowingAtom, false);
  set(isPlaceHeldAtom, true);
});

/** `share` reads only: no composer, no menu of actions. */
export const viewerModeAtom = atom<ViewerMode>("owner");

/** Everything; finished turns folded; or nothing but what was asked and answered. */
export const readingModes = ["everything", "compact", "answers"] as const;
export type ReadingMode = (typeof readingModes)[number];
export const readingModeAtom = atom<ReadingMode>("compact");

/** Kinds of parts that the reader does not want to see. */
export const partFilters = ["text", "tools", "reasoning", "steps", "others"] as const;
export type PartFilter = (typeof partFilters)[number];
export const hiddenPartsAtom = atom<ReadonlySet<PartFilter>>(new Set<PartFilter>());

/** Turns that are shown whole although they are finished: an address or a search leads into them. */
export const unfoldedTurnsAtom = atom<ReadonlySet<string>>(new Set<string>());

/** The part that an address or a search leads to: what it is folded into opens. */
export const wantedPartAtom = atom<string | null>(null);

/** The address names a place that is not in this session. */
export const isPlaceMissingAtom = atom(false);

/** What is looked for in the session; null while nobody does. */
export const findTextAtom = atom<string | null>(null);

/** Where the search has brought the reader: whatever of that part is not drawn yet is, where it holds the text. */
export const foundAtom = atom<{ partId: string; text: string } | null>(null);

/** The outline is open. */
export const isOutlineOpenAtom = atom(false);

/** The list of outputs is open. */
export const isOutputsOpenAtom = atom(false);

export type WindowLoad = "before" | "after" | "around";

/** What is on its way of the transcript. */
export const idleLoads = { before: "idle", after: "idle", around: "idle" } as const;
export const windowLoadsAtom = atom<Record<WindowLoad, "idle" | "loading" | "failed">>(idleLoads);

interface TranscriptSize {
  messageCount: number;
  /** Of messages and parts. */
  stepCount: number;
}

const sizeOf = (view: SessionView): TranscriptSize => ({
  messageCount: view.messages.length + view.beyondMessageCount,
  stepCount: view.messages.length + visibleParts(view.messages).length + view.beyondCount,
});

const sizeAtom = atom((get) => sizeOf(get(sessionViewAtom)));

/** Loads or lets go a part of the transcript: none of that is new to the reader. */
export const changeWindowAtom = atom(
  null,
  (get, set, change: (view: SessionView) => SessionView) => {
    const view = get(sessionViewAtom);
    const next = change(view);
    set(sessionViewAtom, next);
    const [before, after] = [sizeOf(view), sizeOf(next)];
    set(seenSizeAtom, (seen) => ({
      messageCount: seen.messageCount + after.messageCount - before.messageCount,
      stepCount: seen.stepCount + after.stepCount - before.stepCount,
    }));
  },
);

/** How much there was when the reader last was at the end. */
const seenSizeAtom = atom<TranscriptSize>({ messageCount: 0, stepCount: 0 });

/** Messages that came since the reader left the end: one where a message that was there has only got longer. */
export const unseenCountAtom = atom(
  (get) => {
    if (get(isFollowingAtom)) return 0;
    const [now, seen] = [get(sizeAtom), get(seenSizeAtom)];
    if (now.messageCount > seen.messageCount) return now.messageCount - seen.messageCount;
    return now.stepCount > seen.stepCount ? 1 : 0;
  },
  (get, set) => set(seenSizeAtom, get(sizeAtom)),
);
