import { atom } from "jotai";

/** The dialog that exports the session on screen is open. */
export const isExportingAtom = atom(false);
