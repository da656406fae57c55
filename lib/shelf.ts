/** Where a session lies: among the others, put away, or thrown away. */
export const shelves = ["open", "archive", "trash"] as const;

export type Shelf = (typeof shelves)[number];

/** What can be done with many sessions at one time; each undoes the one beside it, and nothing undoes the last. */
export const filings = [
  "pin",
  "unpin",
  "archive",
  "unarchive",
  "trash",
  "restore",
  "delete",
] as const;

export type Filing = (typeof filings)[number];

/** What became of one of them. */
export interface FilingAnswer {
  sessionId: string;
  /** `unchanged`: it was so already. */
  outcome: "done" | "unchanged" | "refused";
  /** Why it was refused, safe to show; null otherwise. */
  reason: string | null;
}
