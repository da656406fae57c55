import type { SessionStatus } from "#lib/session-state.ts";

/** The one vocabulary for what a session is doing; `prepared` is ready for its prompt. */
export const statusWords: Readonly<Record<SessionStatus, string>> = {
  preparing: "Preparing",
  prepared: "Ready",
  working: "Working",
  needs_you: "Needs you",
  idle: "Idle",
  failed: "Failed",
  empty: "Nothing stored",
  archived: "Archived",
  trashed: "In the trash",
};
