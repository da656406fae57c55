import { atom } from "jotai";

/** The dialog about what the session's agent may do is open. */
export const isPermissionsOpenAtom = atom(false);
