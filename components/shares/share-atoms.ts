import { atom } from "jotai";

/** The dialog that shares the session on screen is open. */
export const isSharingAtom = atom(false);

/** How often a share that is read told that there is something new. */
export const shareNewsAtom = atom(0);
