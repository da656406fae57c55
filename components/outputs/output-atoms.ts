import { atom } from "jotai";
import type { LiveEvent, OutputEvent } from "#lib/live-protocol.ts";
import type { Output } from "#lib/output.ts";
import { ingestSectionAtom } from "#components/ingest/ingest-atoms.ts";
import {
  isOutlineOpenAtom,
  isOutputsOpenAtom,
  sessionStateAtom,
  sessionViewAtom,
  transcriptAtom,
} from "#components/session/session-atoms.ts";
import { turnRange } from "./turn-range.ts";

/** The output that lies open over the page. */
export const shownOutputAtom = atom<Output | null>(null);

/** One panel at a time stands beside the page. */
export const openOutputsAtom = atom(null, (_get, set) => {
  set(isOutputsOpenAtom, true);
  set(isOutlineOpenAtom, false);
  set(ingestSectionAtom, null);
});

export const toggleOutputsAtom = atom(null, (get, set) => {
  if (get(isOutputsOpenAtom)) set(isOutputsOpenAtom, false);
  else set(openOutputsAtom);
});

export type Growth = Pick<OutputEvent, "bytes" | "bytesPerSecond">;

/** How far outputs are that grew while the page was open, by their ids. */
export const growthAtom = atom<Readonly<Record<string, Growth>>>({});

/** Takes in what is live of outputs. */
export const noteGrowthAtom = atom(null, (get, set, events: readonly LiveEvent[]) => {
  const { generation } = get(sessionStateAtom);
  const grown = events.filter(
    (event): event is OutputEvent => event.type === "output" && event.generation === generation,
  );
  if (grown.length === 0) return;
  const entries = grown.map(({ outputId, bytes, bytesPerSecond }) => [
    outputId,
    { bytes, bytesPerSecond },
  ]);
  set(growthAtom, {
    ...get(growthAtom),
    ...(Object.fromEntries(entries) as Record<string, Growth>),
  });
});

/** What of the session's log the turns on the page are, as text: equal texts ask for the same outputs. */
export const turnRangeAtom = atom((get) =>
  JSON.stringify(turnRange(get(sessionViewAtom), get(transcriptAtom).turns)),
);
