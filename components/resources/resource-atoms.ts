import { atom } from "jotai";
import { ingestSectionAtom } from "#components/ingest/ingest-atoms.ts";
import { isOutlineOpenAtom, isOutputsOpenAtom } from "#components/session/session-atoms.ts";

/** The use of the machine is shown. */
export const isResourcesOpenAtom = atom(false);

/** One panel at a time stands beside the page. */
export const openResourcesAtom = atom(null, (_get, set) => {
  set(isResourcesOpenAtom, true);
  set(isOutlineOpenAtom, false);
  set(isOutputsOpenAtom, false);
  set(ingestSectionAtom, null);
});
