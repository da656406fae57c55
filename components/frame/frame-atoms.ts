import { atom } from "jotai";
import type { ReactNode } from "react";

/** What lies over the page; null for nothing. */
export const overlayAtom = atom<"palette" | "shortcuts" | "sign-out" | null>(null);

export interface PageAction {
  id: string;
  label: string;
  icon?: ReactNode;
  /** Keys that do the same, as the sheet shows them. */
  keys?: string;
  run: () => void;
}

/** What the page on screen adds to the palette. */
export const pageActionsAtom = atom<readonly PageAction[]>([]);
