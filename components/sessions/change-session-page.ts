import type { SessionChangedEvent } from "#lib/live-protocol.ts";
import type { SessionListInput } from "./list-filters.ts";
import type { SessionPage } from "./session-summary.ts";

export interface ChangedPage {
  /** The same object when nothing in it changed. */
  list: SessionPage;
  /** Indexes of changes that are about sessions this page does not hold, and might. */
  missing: ReadonlySet<number>;
  isMissing: boolean;
}

interface Changes {
  changes: readonly SessionChangedEvent[];
  /** Which shelf the list is of. */
  shelf: SessionListInput["shelf"];
}

/**
 * Applies status and title changes in place, so that no row jumps under a reader; sessions that were deleted, or lie on
 * another shelf now, leave.
 */
export function changeSessionPage(page: SessionPage, { changes, shelf }: Changes): ChangedPage {
  const missing = new Set<number>();
  let { sessions } = page;
  for (const [index, change] of changes.entries()) {
    const { type: _, sessionId, status, ...changed } = change;
    const at = sessions.findIndex((session) => session.sessionId === sessionId);
    const session = sessions[at];
    if (status === "deleted" || !isOn(shelf, changed.shelf))
      sessions = sessions.filter((each) => each.sessionId !== sessionId);
    else if (session === undefined) missing.add(index);
    else if (session.updatedAt <= changed.updatedAt)
      sessions = sessions.with(at, { ...session, status, ...changed });
  }
  const list =
    sessions === page.sessions || isSame(sessions, page.sessions) ? page : { ...page, sessions };
  return { list, missing, isMissing: missing.size > 0 };
}

/** Whether a session on that shelf belongs to the list of the other. */
function isOn(wanted: SessionListInput["shelf"], shelf: SessionChangedEvent["shelf"]): boolean {
  return wanted === "all" ? shelf !== "trash" : shelf === (wanted ?? "open");
}

function isSame(before: readonly unknown[], after: readonly unknown[]): boolean {
  return before.length === after.length && before.every((each, index) => each === after[index]);
}
