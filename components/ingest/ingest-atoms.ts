import { atom } from "jotai";

/** Parts of the panel that the page can lead to; they stand in the address. */
export type IngestSection = "uploads" | "skipped" | "weight";

/** Where the panel was opened at; null while it is closed. */
export const ingestSectionAtom = atom<IngestSection | null>(null);
