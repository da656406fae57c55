import { atom } from "jotai";
import { ingestSectionAtom } from "#components/ingest/ingest-atoms.ts";
import { isResourcesOpenAtom } from "#components/resources/resource-atoms.ts";
import { isOutlineOpenAtom, isOutputsOpenAtom } from "#components/session/session-atoms.ts";

/** What has changed in the files is shown. */
export const isChangesOpenAtom = atom(false);

/** One panel at a time stands beside the page. */
export const openChangesAtom = atom(null, (_get, set) => {
  set(isChangesOpenAtom, true);
  set(isOutlineOpenAtom, false);
  set(isOutputsOpenAtom, false);
  set(isResourcesOpenAtom, false);
  set(ingestSectionAtom, null);
});
