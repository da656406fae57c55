import { atom } from "jotai";

/** The dialog that shares the session on screen is open. */
export const isSharingAtom = atom(false);
